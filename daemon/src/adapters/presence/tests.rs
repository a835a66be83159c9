//! A login manager and screen savers on buses of the test's own, played by python-dbusmock.

use std::collections::HashMap;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use tokio::time::{Instant, timeout};
use zbus::Connection;
use zbus::fdo::DBusProxy;
use zbus::names::OwnedBusName;
use zbus::zvariant::{DynamicType, ObjectPath, Value};

use super::*;
use crate::test_bus::{Mock, PATIENCE, TestBus};
use PresenceNews::{Active, Gone, Idle, Resumed, Unlocked};

/// Locked, by the word of each.
const BY_LOGIN: PresenceNews = PresenceNews::Locked(LockedBy::LoginManager);
const BY_SAVER: PresenceNews = PresenceNews::Locked(LockedBy::ScreenSaver);
const BY_WISH: PresenceNews = PresenceNews::Locked(LockedBy::Request);

const MOCK: &str = "org.freedesktop.DBus.Mock";

const LOGIND: &str = "org.freedesktop.login1";
const MANAGER: &str = "/org/freedesktop/login1";
const MANAGER_INTERFACE: &str = "org.freedesktop.login1.Manager";
const SESSION_INTERFACE: &str = "org.freedesktop.login1.Session";

const FREEDESKTOP: &str = "org.freedesktop.ScreenSaver";
const FREEDESKTOP_OBJECT: &str = "/org/freedesktop/ScreenSaver";
const GNOME: &str = "org.gnome.ScreenSaver";
const GNOME_OBJECT: &str = "/org/gnome/ScreenSaver";

/// An address where there is no bus.
const NOWHERE: &str = "unix:path=/nonexistent";

/// Calls a method, which must succeed.
async fn call<B>(
    hands: &Connection,
    service: &str,
    object: &str,
    (interface, method): (&str, &str),
    arguments: &B,
) where
    B: serde::Serialize + DynamicType,
{
    hands.call_method(Some(service), object, Some(interface), method, arguments).await.unwrap();
}

/// A system bus with a login manager that the test controls.
struct Logind {
    bus: TestBus,
    hands: Connection,
    _mock: Mock,
}

impl Logind {
    /// Without sessions; `None` where there can be none.
    async fn start() -> Option<Self> {
        let bus = TestBus::start()?;
        let mock = Mock::start(&bus, LOGIND, &["--system", "--template", "logind"]).await?;
        Some(Self { hands: bus.connect().await, bus, _mock: mock })
    }

    /// With the session c1, which is this user's.
    async fn with_session() -> Option<Self> {
        let logind = Self::start().await?;
        logind.add("c1", user()).await;
        Some(logind)
    }

    async fn add(&self, session: &str, user: u32) {
        call(&self.hands, LOGIND, MANAGER, (MOCK, "AddSession"), &(session, "seat0", user, "somebody", true))
            .await;
    }

    async fn set(&self, session: &str, property: &str, value: Value<'_>) {
        let properties = HashMap::from([(property, value)]);
        let object = format!("{MANAGER}/session/{session}");
        call(&self.hands, LOGIND, &object, (MOCK, "UpdateProperties"), &(SESSION_INTERFACE, properties))
            .await;
    }

    /// Sends one of the signals that ask a session to be locked or unlocked.
    async fn ask(&self, session: &str, signal: &str) {
        let object = format!("{MANAGER}/session/{session}");
        call(&self.hands, LOGIND, &object, (SESSION_INTERFACE, signal), &()).await;
    }

    async fn emit(&self, signal: &str, signature: &str, arguments: Vec<Value<'_>>) {
        let signal = (MANAGER_INTERFACE, signal, signature, arguments);
        call(&self.hands, LOGIND, MANAGER, (MOCK, "EmitSignal"), &signal).await;
    }

    fn watch(&self) -> PresenceWatch {
        PresenceWatch::on(Some(self.bus.address.clone()))
    }
}

/// A session bus with a screen saver of GNOME's kind.
struct Gnome {
    bus: TestBus,
    hands: Connection,
    mock: Option<Mock>,
}

impl Gnome {
    async fn start() -> Option<Self> {
        let bus = TestBus::start()?;
        let mut gnome = Self { hands: bus.connect().await, bus, mock: None };
        gnome.again().await?;
        Some(gnome)
    }

    async fn again(&mut self) -> Option<()> {
        let mock = Mock::start(&self.bus, GNOME, &["--session", "--template", "gnome_screensaver"]).await?;
        self.mock = Some(mock);
        Some(())
    }

    async fn set(&self, on: bool) {
        call(&self.hands, GNOME, GNOME_OBJECT, (GNOME, "SetActive"), &on).await;
    }

    fn display(&self) -> Display {
        display(&self.bus.address, "c1")
    }
}

fn user() -> u32 {
    rustix::process::getuid().as_raw()
}

fn display(session_bus: &str, session: &str) -> Display {
    let variables = [("DBUS_SESSION_BUS_ADDRESS", session_bus), ("XDG_SESSION_ID", session)];
    Display::new(variables.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

/// The next news of a desktop, and which it is.
async fn next_of(watch: &mut PresenceWatch) -> (Option<Desktop>, PresenceNews) {
    timeout(PATIENCE, watch.next()).await.expect("there are news")
}

/// The next news of the one desktop that there is. That it has no bus is none.
async fn next(watch: &mut PresenceWatch) -> PresenceNews {
    loop {
        match next_of(watch).await.1 {
            Gone => {}
            news => return news,
        }
    }
}

/// Follows somebody who has not been listened to, and waits until this has been told, in whatever order.
async fn follow<const N: usize>(watch: &mut PresenceWatch, display: &Display, first: [PresenceNews; N]) {
    assert!(watch.follow(display.desktop(), display));
    let mut told = Vec::new();
    while told.len() < N {
        told.push(next(watch).await);
    }
    assert!(first.iter().all(|news| told.contains(news)), "{told:?}");
}

/// Who comes to a bus and goes.
struct Guests<'a> {
    names: DBusProxy<'a>,
    before: Vec<OwnedBusName>,
}

impl Guests<'_> {
    async fn on(hands: &Connection) -> Self {
        let names = DBusProxy::new(hands).await.unwrap();
        let before = names.list_names().await.unwrap();
        Self { names, before }
    }

    async fn newcomers(&self) -> Vec<OwnedBusName> {
        let mut names = self.names.list_names().await.unwrap();
        names.retain(|name| !self.before.contains(name));
        names
    }

    /// Does what makes the one newcomer leave. The watch, which is listened to, has no news meanwhile.
    async fn newcomer_leaves_after(
        &self,
        watch: &mut PresenceWatch,
        work: impl AsyncFnOnce(&mut PresenceWatch),
    ) {
        let newcomers = self.newcomers().await;
        let [newcomer] = newcomers.as_slice() else { panic!("not one newcomer: {newcomers:?}") };
        let newcomer = [(0, newcomer.as_str()), (2, "")];
        let mut left = self.names.receive_name_owner_changed_with_args(&newcomer).await.unwrap();
        work(watch).await;
        tokio::select! {
            biased;
            news = next(watch) => panic!("{news:?} out of nowhere"),
            left = timeout(PATIENCE, left.next()) => left.expect("it leaves").unwrap(),
        };
    }
}

#[tokio::test]
async fn the_login_manager_tells_of_locks_of_idleness_and_of_sleep() {
    let Some(logind) = Logind::with_session().await else { return };
    logind.set("c1", "LockedHint", true.into()).await;
    logind.set("c1", "IdleHint", true.into()).await;
    let mut watch = logind.watch();
    follow(&mut watch, &display(NOWHERE, "c1"), [BY_LOGIN, Idle]).await;
    logind.set("c1", "LockedHint", false.into()).await;
    assert_eq!(next(&mut watch).await, Unlocked);
    logind.set("c1", "IdleHint", false.into()).await;
    assert_eq!(next(&mut watch).await, Active);
    logind.ask("c1", "Lock").await;
    assert_eq!(next(&mut watch).await, BY_WISH);
    logind.set("c1", "LockedHint", true.into()).await;
    assert_eq!(next(&mut watch).await, BY_LOGIN);
    logind.set("c1", "LockedHint", false.into()).await;
    assert_eq!(next(&mut watch).await, Unlocked);
    logind.ask("c1", "Lock").await;
    assert_eq!(next(&mut watch).await, BY_WISH);
    logind.emit("PrepareForSleep", "b", vec![true.into()]).await;
    logind.ask("c1", "Unlock").await;
    assert_eq!(next(&mut watch).await, Unlocked);
    logind.emit("PrepareForSleep", "b", vec![false.into()]).await;
    assert_eq!(next(&mut watch).await, Resumed);
}

#[tokio::test]
async fn the_session_is_the_one_that_was_named_if_it_is_ours() {
    let Some(logind) = Logind::with_session().await else { return };
    logind.add("c2", user()).await;
    logind.add("c3", user() + 1).await;
    logind.set("c1", "Active", false.into()).await;
    logind.set("c1", "IdleHint", true.into()).await;
    logind.set("c3", "LockedHint", true.into()).await;
    let mut watch = logind.watch();
    follow(&mut watch, &display(NOWHERE, "c1"), [Unlocked, Idle]).await;
    // Somebody else's: the session in front, c2, is taken.
    follow(&mut watch, &display(NOWHERE, "c3"), [Unlocked, Active]).await;
    logind.set("c2", "IdleHint", true.into()).await;
    assert_eq!(next(&mut watch).await, Idle);
}

#[tokio::test]
async fn the_session_is_one_with_a_screen_and_of_a_person() {
    let Some(logind) = Logind::with_session().await else { return };
    for session in ["c2", "c3", "c4"] {
        logind.add(session, user()).await;
        logind.set(session, "Type", "wayland".into()).await;
    }
    logind.set("c2", "Class", "greeter".into()).await;
    logind.set("c3", "IdleHint", true.into()).await;
    logind.set("c4", "Active", false.into()).await;
    let mut watch = logind.watch();
    // A session by ssh, say.
    follow(&mut watch, &display(NOWHERE, "c1"), [Unlocked, Idle]).await;
    follow(&mut watch, &display(NOWHERE, "c4"), [Unlocked, Active]).await;
}

#[tokio::test]
async fn a_session_that_ends_is_looked_for_again() {
    let Some(logind) = Logind::with_session().await else { return };
    logind.set("c1", "IdleHint", true.into()).await;
    let guests = Guests::on(&logind.hands).await;
    let mut watch = logind.watch();
    follow(&mut watch, &display(NOWHERE, ""), [Unlocked, Idle]).await;
    let ends = async |_: &mut PresenceWatch| {
        let object = "/org/freedesktop/login1/session/c1";
        call(&logind.hands, LOGIND, MANAGER, (MOCK, "RemoveObject"), &object).await;
        let object = ObjectPath::from_static_str(object).unwrap();
        logind.emit("SessionRemoved", "so", vec!["c1".into(), object.into()]).await;
    };
    guests.newcomer_leaves_after(&mut watch, ends).await;
    logind.add("c2", user()).await;
    follow(&mut watch, &display(NOWHERE, ""), [Unlocked, Active]).await;
}

#[tokio::test]
async fn a_screen_saver_counts_as_a_lock() {
    let Some(mut gnome) = Gnome::start().await else { return };
    let freedesktop = ["--session", FREEDESKTOP, FREEDESKTOP_OBJECT, FREEDESKTOP];
    let Some(_freedesktop) = Mock::start(&gnome.bus, FREEDESKTOP, &freedesktop).await else { return };
    let get_active = ("", "GetActive", "", "b", "ret = True");
    call(&gnome.hands, FREEDESKTOP, FREEDESKTOP_OBJECT, (MOCK, "AddMethod"), &get_active).await;
    let mut watch = PresenceWatch::on(Some(NOWHERE.to_owned()));
    follow(&mut watch, &gnome.display(), [BY_SAVER]).await;
    let off = ("", "ActiveChanged", "b", vec![Value::from(false)]);
    call(&gnome.hands, FREEDESKTOP, FREEDESKTOP_OBJECT, (MOCK, "EmitSignal"), &off).await;
    assert_eq!(next(&mut watch).await, Unlocked);
    gnome.set(true).await;
    assert_eq!(next(&mut watch).await, BY_SAVER);
    // One that is not there covers nothing.
    gnome.mock = None;
    assert_eq!(next(&mut watch).await, Unlocked);
    let Some(()) = gnome.again().await else { return };
    gnome.set(true).await;
    assert_eq!(next(&mut watch).await, BY_SAVER);
}

#[tokio::test]
async fn who_looks_away_is_on_no_bus() {
    let Some(logind) = Logind::with_session().await else { return };
    logind.set("c1", "LockedHint", true.into()).await;
    let guests = Guests::on(&logind.hands).await;
    let mut watch = logind.watch();
    let desktop = display(NOWHERE, "c1").desktop().unwrap();
    follow(&mut watch, &display(NOWHERE, "c1"), [BY_LOGIN]).await;
    guests.newcomer_leaves_after(&mut watch, async |watch| watch.look_away(desktop)).await;
    assert!(guests.newcomers().await.is_empty());
    // What has changed meanwhile is told as soon as somebody wants to know.
    logind.set("c1", "LockedHint", false.into()).await;
    follow(&mut watch, &display(NOWHERE, "c1"), [Unlocked]).await;
}

#[tokio::test]
async fn who_follows_nobody_tells_nothing() {
    assert_eq!(PresenceWatch::new().next().now_or_never(), None);
}

#[tokio::test]
async fn following_the_same_session_again_changes_nothing() {
    let Some(logind) = Logind::with_session().await else { return };
    let Some(gnome) = Gnome::start().await else { return };
    logind.set("c1", "IdleHint", true.into()).await;
    let mut watch = logind.watch();
    follow(&mut watch, &gnome.display(), [Unlocked, Idle]).await;
    let guests = Guests::on(&logind.hands).await;
    assert!(!watch.follow(gnome.display().desktop(), &gnome.display()));
    logind.set("c1", "IdleHint", false.into()).await;
    assert_eq!(next(&mut watch).await, Active);
    assert!(guests.newcomers().await.is_empty());
}

#[tokio::test]
async fn a_bus_that_is_not_there_is_tried_again() {
    let Some(logind) = Logind::with_session().await else { return };
    let Some(gnome) = Gnome::start().await else { return };
    logind.set("c1", "LockedHint", true.into()).await;
    gnome.set(true).await;
    let later = gnome.bus.path().join("later");
    let mut watch = PresenceWatch::on(Some(format!("unix:path={}", later.display())));
    follow(&mut watch, &gnome.display(), [BY_SAVER]).await;
    gnome.set(false).await;
    assert_eq!(next(&mut watch).await, Unlocked);
    symlink(logind.bus.path().join("bus"), later).unwrap();
    follow(&mut watch, &gnome.display(), [BY_LOGIN]).await;
}

#[tokio::test]
async fn a_bus_that_hangs_is_not_waited_for_long() {
    let Some(gnome) = Gnome::start().await else { return };
    gnome.set(true).await;
    let path = gnome.bus.path().join("hangs");
    let _nobody_answers = UnixListener::bind(&path).unwrap();
    let mut watch = PresenceWatch::on(Some(format!("unix:path={}", path.display())));
    follow(&mut watch, &gnome.display(), [BY_SAVER]).await;
    gnome.set(false).await;
    // From here on the clock is ahead of everything that has to be waited for.
    tokio::time::pause();
    assert_eq!(watch.next().await.1, Unlocked);
}

#[tokio::test]
async fn a_lock_that_nobody_has_carried_out_ends_by_itself() {
    let Some(logind) = Logind::with_session().await else { return };
    let mut watch = logind.watch();
    follow(&mut watch, &display(NOWHERE, "c1"), [Unlocked]).await;
    logind.ask("c1", "Lock").await;
    assert_eq!(next(&mut watch).await, BY_WISH);
    tokio::time::pause();
    let asked = Instant::now();
    assert_eq!(watch.next().await.1, Unlocked);
    assert!(asked.elapsed() + Duration::from_secs(10) > signs::WISH, "{:?}", asked.elapsed());
}

/// Each desktop, and what is told of it.
type Told = (Option<Desktop>, PresenceNews);

/// Follows somebody beside others, and returns the first news of them.
async fn follow_beside(watch: &mut PresenceWatch, display: &Display) -> Told {
    assert!(watch.follow(display.desktop(), display));
    next_of(watch).await
}

#[tokio::test]
async fn what_is_said_of_one_desktop_counts_there_alone() {
    let (Some(here), Some(there)) = (Gnome::start().await, Gnome::start().await) else { return };
    let [first, second] = [&here, &there].map(|gnome| gnome.display().desktop());
    let mut watch = PresenceWatch::on(Some(NOWHERE.to_owned()));
    here.set(true).await;
    assert_eq!(follow_beside(&mut watch, &here.display()).await, (first.clone(), BY_SAVER));
    assert_eq!(follow_beside(&mut watch, &there.display()).await, (second.clone(), Unlocked));
    there.set(true).await;
    assert_eq!(next_of(&mut watch).await, (second.clone(), BY_SAVER));
    // The first is heard although the second was looked at last.
    here.set(false).await;
    assert_eq!(next_of(&mut watch).await, (first, Unlocked));
    there.set(false).await;
    assert_eq!(next_of(&mut watch).await, (second, Unlocked));
}

#[tokio::test]
async fn the_machine_wakes_up_once_however_many_desktops_there_are() {
    let Some(logind) = Logind::with_session().await else { return };
    let (Some(here), Some(there)) = (Gnome::start().await, Gnome::start().await) else { return };
    let mut watch = logind.watch();
    for gnome in [&here, &there] {
        let told = follow_beside(&mut watch, &gnome.display()).await;
        assert_eq!(told, (gnome.display().desktop(), Unlocked));
    }
    logind.emit("PrepareForSleep", "b", vec![false.into()]).await;
    assert_eq!(next(&mut watch).await, Resumed);
    // Whoever heard it second has heard this after it.
    logind.set("c1", "LockedHint", true.into()).await;
    let both = [next_of(&mut watch).await, next_of(&mut watch).await];
    for gnome in [&here, &there] {
        assert!(both.contains(&(gnome.display().desktop(), BY_LOGIN)), "{both:?}");
    }
}

#[tokio::test]
async fn a_bus_that_has_ended_is_told() {
    let Some(gnome) = Gnome::start().await else { return };
    let desktop = gnome.display().desktop();
    let mut watch = PresenceWatch::on(Some(NOWHERE.to_owned()));
    gnome.set(true).await;
    assert_eq!(follow_beside(&mut watch, &gnome.display()).await, (desktop.clone(), BY_SAVER));
    drop(gnome);
    // Nobody unlocks a screen by ending its bus.
    assert_eq!(next_of(&mut watch).await, (desktop, Gone));
}
