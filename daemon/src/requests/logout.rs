//! Requests to forget sessions.

use awsd_core::chain::Base;
use awsd_core::event::{Event, RequestId};
use awsd_proto::{Context, Error};

use super::planning::{self, Wanted};
use super::{Action, tell};
use crate::world::World;

/// Everything, or what the profiles' keys and sources led to. Works with broken settings: forgetting must always be possible.
pub(super) fn event<W: World>(
    world: &mut W,
    id: RequestId,
    profiles: &[String],
    context: &Context,
) -> Result<Action, Error> {
    let mut origins = None;
    if profiles.is_empty() {
        world.forget_files();
    } else {
        let settings = world.settings().unwrap_or_default();
        let origins = origins.get_or_insert_with(Vec::new);
        for profile in profiles {
            let resolved = planning::plan(world, &settings, profile, context, Wanted::default())?;
            origins.push(match resolved.chain.base {
                Base::Keys(keys) => keys.access_key_id.clone(),
                Base::Source { source, .. } => source.mark(),
            });
        }
    }
    Ok(tell(Event::Logout { by: id, origins }))
}
