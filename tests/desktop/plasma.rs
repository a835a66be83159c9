//! The reply in the notification itself, as KDE Plasma really sends it. What it is made of is larger than everything else that
//! the tests need: `tests/run --plasma` gets it.

use awsd_tests::harness::desktop::Server;

use crate::{
    picture,
    questions::{CALLS, guide, waiting},
};

#[test]
fn a_code_is_replied_in_plasmas_notification() {
    let mut env = guide();
    let Some(desktop) = env.desktop(Server::Plasma) else { return };
    let client = waiting(&env);
    let shown = desktop.notification();
    assert!(shown.actions.contains(&("inline-reply".to_owned(), "Enter code".to_owned())), "{shown:?}");
    desktop.screenshot(&picture("plasma.png"));
    desktop.reply(&env.sandbox.next_code("alice"));
    client.wait().success();
    desktop.no_notification();
    assert_eq!(desktop.dialogs(), 0);
    assert_eq!(env.calls(), CALLS);
}
