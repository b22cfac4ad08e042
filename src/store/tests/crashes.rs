//! Crashes and faults at every operation.

use std::sync::Mutex;

use super::model::{Model, Plan, State};
use super::*;

/// What is found amiss is told up to here.
const FEW: usize = 5;

/// Ways to crash at one operation: all of them, or if they are many some hundred.
fn ways(state: &State, salt: u64) -> Vec<u64> {
    let choices = state.choices();
    if choices <= 8 {
        return (0..1 << choices).collect();
    }
    // All and nothing, all but one and one alone, and some at random.
    let all = u64::MAX >> (64 - choices.min(64));
    let mut ways = vec![0, all];
    ways.extend((0..choices.min(64)).flat_map(|index| [1 << index, all ^ (1 << index)]));
    let mut random = salt;
    for _ in 0..200 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ways.push((random >> 7) & all);
    }
    ways
}

/// One change of the workload: the disk and the list before it, and the operations and syncs that it takes.
struct Stage {
    disk: State,
    before: Expected,
    change: Change,
    counts: [usize; 2],
}

fn stages() -> Vec<Stage> {
    let disk = Model::new(State::default(), Plan::Well);
    let mut store = new_store(Arc::new(disk.clone())).unwrap();
    let mut before = Expected::default();
    let stage = |change: Change| {
        let (state, counts) = (disk.state(), disk.counts());
        change.apply(&mut store).unwrap();
        let after = before.after(&change);
        assert_eq!(Expected::of(store.snapshot()), after);
        let counts = [0, 1].map(|which| disk.counts()[which] - counts[which]);
        Stage { disk: state, before: std::mem::replace(&mut before, after), change, counts }
    };
    workload().into_iter().map(stage).collect()
}

impl Stage {
    fn store(&self, disk: &Model) -> Store {
        Store::on(Arc::new(disk.clone()), None, Path::new("model")).unwrap()
    }

    /// Makes the change, and crashes after every operation in many ways. What is found then must be what stood before the
    /// change or what it makes, and after its acknowledgement that. The states looked at, and what was found amiss.
    fn crash(&self, plan: Plan) -> (usize, Vec<String>) {
        let after = self.before.after(&self.change);
        let either = vec![self.before.clone(), after.clone()];
        let told: Arc<Mutex<(usize, Vec<String>)>> = Arc::default();
        let witness = {
            let told = Arc::clone(&told);
            move |state: &State| {
                let mut told = told.lock().unwrap();
                let (looked, amiss) = &mut *told;
                for way in ways(state, *looked as u64) {
                    if amiss.len() >= FEW {
                        break;
                    }
                    *looked += 1;
                    amiss.extend(look(state, way, &either, (*looked).is_multiple_of(50)));
                }
            }
        };
        let disk = Model::new(self.disk.clone(), Plan::Well);
        let mut store = self.store(&disk);
        disk.follow(plan);
        let disk = disk.watched(Arc::new(witness));
        self.change.apply(&mut store).unwrap();
        // It is acknowledged: a crash now must find it.
        let acknowledged = [after];
        let (mut looked, mut amiss) = std::mem::take(&mut *told.lock().unwrap());
        for way in ways(&disk.state(), 1) {
            looked += 1;
            amiss.extend(look(&disk.state(), way, &acknowledged, false));
        }
        (looked, amiss)
    }
}

/// What is amiss with what a crash leaves, if anything is.
fn look(state: &State, way: u64, allowed: &[Expected], goes_on: bool) -> Option<String> {
    let disk = Model::new(state.crashed(way), Plan::Well);
    let snapshot = match Snapshot::of_disk(Arc::new(disk.clone()), Backend::Ram) {
        Ok(snapshot) => snapshot,
        Err(error) => return Some(format!("way {way:#x}: {error}")),
    };
    let found = Expected::of(&snapshot);
    if !allowed.contains(&found) || !snapshot.verify(Progress::NONE).unwrap().is_empty() {
        return Some(format!("way {way:#x}: {} rows", found.rows.len()));
    }
    if goes_on {
        // The next writer sweeps what it finds, and goes on.
        let mut store = Store::on(Arc::new(disk.clone()), None, Path::new("model")).unwrap();
        assert_eq!(disk.state().names(), store.snapshot.manifest.files());
        let change = Change::Append(2, 7);
        change.apply(&mut store).unwrap();
        assert_eq!(Expected::of(store.snapshot()), found.after(&change));
    }
    None
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_half_done() {
    let mut looked = 0;
    for stage in stages() {
        let (states, amiss) = stage.crash(Plan::Well);
        assert_eq!(amiss, Vec::<String>::new(), "{:?}", stage.change);
        looked += states;
    }
    println!("crashes: {looked} disks looked at");
    assert!(looked > 10_000);
}

/// Every sync is there for something: without it a crash finds what must not be.
#[test]
fn no_sync_can_be_left_out() {
    let mut tried = 0;
    for stage in stages() {
        let [_, syncs] = stage.counts;
        for sync in 0..syncs {
            let (_, amiss) = stage.crash(Plan::WithoutSync(sync));
            assert!(!amiss.is_empty(), "{:?}: without sync {sync} of {syncs} all is well", stage.change);
            tried += 1;
        }
    }
    println!("syncs: {tried} left out, each seen");
}

/// A disk that is full, or fails to sync, at any operation: the change is not made, or the store says that it does not
/// know; and either way it opens again, as before the change or as after.
#[test]
fn a_failing_operation_changes_nothing_or_poisons() {
    let (mut tried, mut refused, mut poisoned) = (0, 0, 0);
    for stage in stages() {
        for failing in 0..stage.counts[0] {
            let disk = Model::new(stage.disk.clone(), Plan::Well);
            let mut store = stage.store(&disk);
            disk.follow(Plan::Failing(failing));
            let (change, mut expected) = (&stage.change, stage.before.clone());
            let after = expected.after(change);
            tried += 1;
            match change.apply(&mut store) {
                Ok(()) => expected = after,
                Err(_) if store.check().is_err() => {
                    poisoned += 1;
                    assert!(matches!(change.apply(&mut store), Err(crate::Error::Poisoned)));
                    store = stage.store(&disk);
                    let found = Expected::of(store.snapshot());
                    assert!(found == expected || found == after, "operation {failing} of {change:?}");
                    expected = found;
                }
                Err(_) => {
                    refused += 1;
                    assert_eq!(Expected::of(store.snapshot()), expected);
                    // Nothing is left behind.
                    assert_eq!(
                        disk.state().names(),
                        store.snapshot.manifest.files(),
                        "operation {failing} of {change:?}"
                    );
                    change.apply(&mut store).unwrap();
                    expected = after;
                }
            }
            let next = Change::Append(2, 12);
            next.apply(&mut store).unwrap();
            let anew = Snapshot::of_disk(Arc::new(disk), Backend::Ram).unwrap();
            assert_eq!(Expected::of(&anew), expected.after(&next), "operation {failing} of {change:?}");
        }
    }
    println!("faults: {tried} operations failed, {refused} refused, {poisoned} poisoned");
    assert!(refused > 20 && poisoned > 20);
}

/// A writer is killed, so that the disk stays as it looks; another opens the store and sweeps; and then the power fails.
#[test]
fn a_crash_after_a_kill_loses_nothing() {
    let mut looked = 0;
    for stage in stages() {
        let seen: Arc<Mutex<Vec<State>>> = Arc::default();
        let disk = Model::new(stage.disk.clone(), Plan::Well);
        let mut store = stage.store(&disk);
        let witness = Arc::clone(&seen);
        let _disk = disk.watched(Arc::new(move |state: &State| witness.lock().unwrap().push(state.clone())));
        stage.change.apply(&mut store).unwrap();
        for killed in std::mem::take(&mut *seen.lock().unwrap()) {
            let disk = Model::new(killed, Plan::Well);
            let states: Arc<Mutex<Vec<State>>> = Arc::default();
            let witness = Arc::clone(&states);
            let disk = disk.watched(Arc::new(move |state: &State| witness.lock().unwrap().push(state.clone())));
            let found = [Expected::of(stage.store(&disk).snapshot())];
            for state in std::mem::take(&mut *states.lock().unwrap()) {
                for way in ways(&state, looked) {
                    looked += 1;
                    assert_eq!(look(&state, way, &found, false), None, "{:?}", stage.change);
                }
            }
        }
    }
    println!("crashes after kills: {looked} disks looked at");
    assert!(looked > 1000);
}
