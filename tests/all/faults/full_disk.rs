//! No room left: what cannot be written is not said to be done, answers go on, and all is well when there is room.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{KEEPS, NOBODY, RIGHT, Scene, assert_sound};
use crate::world::{Said, World, is_root};

#[test]
fn with_the_policy_s_disk_full_answers_go_on_and_verbs_are_in_force_once_there_is_room() {
    let world = World::empty(&[]);
    let folder = world.policy().parent().unwrap().to_owned();
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
    fills_up(&world, &folder);
}

#[test]
fn with_the_whole_disk_full_answers_go_on_and_verbs_work_once_there_is_room() {
    let world = World::empty(&[]);
    let folder = world.folder().to_owned();
    fills_up(&world, &folder);
}

fn fills_up(world: &World, folder: &Path) {
    let disk = SmallDisk::mount(folder);
    world.gk_in(&world.environment(), &["init-db"]).done();
    let scene = Scene::set(world);
    world.start_validate();
    assert_eq!(scene.statuses(world), RIGHT);
    let filler = disk.fill();
    verbs_until_refused(world, &scene);
    fs::remove_file(filler).unwrap();
    world.grant(KEEPS, "docs");
    assert_eq!(scene.statuses(world), RIGHT);
    world.revoke(KEEPS, "docs");
    assert_eq!(scene.statuses(world), NOBODY);
    assert_sound(world);
}

/// A few may still fit into pages that are there already; then none does.
fn verbs_until_refused(world: &World, scene: &Scene) {
    let mut refused = 0;
    for number in 0..200 {
        let (verb, then) = if number % 2 == 0 { ("revoke", 403) } else { ("grant", 200) };
        let said = world.gk(&["apps", verb, "--slug", "docs", "--email", KEEPS]);
        let [keeps, others @ ..] = scene.statuses(world);
        assert_eq!(others, RIGHT[1..], "after {said:?}");
        match said {
            Said { code: 0, .. } => assert_eq!(keeps, then, "after {said:?}"),
            Said { code: 1 | 3, .. } => refused += 1,
            _ => panic!("{said:?}"),
        }
        if refused == 5 {
            return;
        }
    }
    panic!("the disk was never full");
}

/// A file system of one or two megabytes. Dropping it unmounts it.
struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    fn mount(folder: &Path) -> Self {
        assert!(is_root(), "this test mounts a small disk and has to run as root, as it does in CI");
        let options = "size=2m,mode=0700";
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder).status();
        assert!(mount.unwrap().success(), "mounting a tmpfs");
        Self { folder: folder.to_owned() }
    }

    /// Writes a file until nothing more fits; returns it.
    fn fill(&self) -> PathBuf {
        let path = self.folder.join("filler");
        let mut file = File::create(&path).unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the world's processes still use it and end after this.
        drop(Command::new("umount").arg("--lazy").arg(&self.folder).status());
    }
}
