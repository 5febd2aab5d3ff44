//! A disk that fails at one step, and is well again later.

use super::*;

#[test]
fn an_emptied_spool_goes_on_after_a_failed_sync() {
    let folder = Folder::new();
    let mut spool = folder.open();
    spool.append(&entries(0..5)).unwrap();
    FAILING.set("sync");
    spool.acknowledge(5).unwrap_err();
    FAILING.set("");
    assert_eq!(spool.len(), 0);
    assert_same(&spool.pending(9).unwrap(), &[]);
    spool.append(&entries(5..7)).unwrap();
    assert_same(&spool.pending(9).unwrap(), &entries(5..7));
    drop(spool);

    let mut spool = folder.open();
    assert_eq!(spool.damaged().0, 0);
    assert_same(&spool.pending(9).unwrap(), &entries(5..7));
}

#[test]
fn what_is_appended_after_a_half_done_rewriting_is_kept() {
    let folder = Folder::new();
    let mut spool = folder.open();
    spool.append(&entries(0..4)).unwrap();
    spool.acknowledge(3).unwrap();
    FAILING.set("folder");
    spool.rewrite().unwrap_err();
    spool.append(&entries(4..5)).unwrap_err();
    FAILING.set("");
    spool.append(&entries(4..6)).unwrap();
    assert!(!spool.is_suspect);
    assert_same(&spool.pending(9).unwrap(), &entries(3..6));
    drop(spool);
    assert_same(&folder.open().pending(9).unwrap(), &entries(3..6));
}

#[test]
fn an_emptied_spool_is_written_anew_after_half_a_rewriting() {
    let folder = Folder::new();
    let mut spool = folder.open();
    spool.append(&entries(0..3)).unwrap();
    FAILING.set("folder");
    spool.rewrite().unwrap_err();
    FAILING.set("");
    spool.acknowledge(3).unwrap();
    assert!(spool.is_suspect);
    spool.append(&entries(3..5)).unwrap();
    drop(spool);
    assert_same(&folder.open().pending(9).unwrap(), &entries(3..5));
}

#[test]
fn a_full_disk_keeps_no_entry_that_the_store_has() {
    let folder = Folder::new();
    let mut spool = folder.open();
    spool.append(&entries(0..5)).unwrap();
    FAILING.set("write");
    let full = spool.acknowledge(2).unwrap_err();
    assert!(full.to_string().contains("make room"), "{full}");
    FAILING.set("");
    assert_same(&spool.pending(9).unwrap(), &entries(2..5));
    spool.acknowledge(1).unwrap();
    drop(spool);
    let mut spool = folder.open();
    assert_same(&spool.pending(9).unwrap(), &entries(3..5));
    spool.acknowledge(2).unwrap();
    assert_eq!(spool.bytes(), 0);
}
