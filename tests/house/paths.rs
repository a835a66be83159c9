//! The paths that a source names, however it spells them: `use std::{env, fs}` names `std::fs` as well.
//!
//! It knows words, `::` and braces, and nothing else of Rust. What strings say is read like code: a rule that is broken in
//! a string is seen once too often, and one that is broken in code is never missed for it.

use std::{iter::Peekable, vec::IntoIter};

/// A path as its names: `["crate", "adapters", "clock"]`. A glob is the name `*`.
pub(crate) type Named = Vec<String>;

/// Every path in the code, those in groups written out.
pub(crate) fn paths<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Named> {
    let mut tokens = lines.flat_map(tokens).collect::<Vec<_>>().into_iter().peekable();
    let mut found = Vec::new();
    while let Some(token) = tokens.peek() {
        // What comes after `use` may begin with `::`, and would be taken for a part of it.
        if is_name(token) && token != "use" {
            path(&mut tokens, &[], &mut found);
        } else {
            tokens.next();
        }
    }
    found
}

/// Reads one path, or all paths of a group, that go on from `prefix`.
fn path(tokens: &mut Peekable<IntoIter<String>>, prefix: &[String], found: &mut Vec<Named>) {
    let mut path = prefix.to_vec();
    while let Some(name) = tokens.next_if(|token| is_name(token) || token == "*") {
        path.push(name);
        if tokens.next_if_eq("::").is_none() {
            break;
        }
        if tokens.next_if_eq("{").is_some() {
            return group(tokens, &path, found);
        }
    }
    found.push(path);
}

/// Reads up to the end of a group.
fn group(tokens: &mut Peekable<IntoIter<String>>, prefix: &[String], found: &mut Vec<Named>) {
    while let Some(token) = tokens.peek() {
        match token.as_str() {
            "}" => {
                tokens.next();
                return;
            }
            // A new name is not a path.
            "as" => drop((tokens.next(), tokens.next())),
            "*" => path(tokens, prefix, found),
            token if is_name(token) => path(tokens, prefix, found),
            _ => drop(tokens.next()),
        }
    }
}

/// A raw identifier is the same name.
fn tokens(line: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match rest.find(|c| !is_in_name(c)) {
            Some(0) if rest.starts_with("::") => 2,
            Some(0) => first.len_utf8(),
            Some(end) => end,
            None => rest.len(),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token.to_owned());
        rest = after.trim_start().trim_start_matches("r#");
    }
    tokens
}

fn is_in_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_name(token: &str) -> bool {
    token.starts_with(is_in_name)
}

#[test]
fn every_spelling_of_a_path_is_seen() {
    for (code, path) in [
        ("std::fs::read(x)", "std::fs::read"),
        ("use std::fs;", "std::fs"),
        ("use std::{env, fs::{self, File}, io as i};", "std::fs::File"),
        ("use std::{env, fs::{self, File}, io as i};", "std::io"),
        ("use std::{\nenv,\nfs,\n};", "std::fs"),
        ("use ::std :: fs;", "std::fs"),
        ("use super::{clock, sts};", "super::sts"),
        ("use {crate::{adapters::{clock}}};", "crate::adapters::clock"),
        ("fn f(at: Option<super::clock::At>) {}", "super::clock::At"),
        ("use super::*;", "super::*"),
        ("use std::{fs::*};", "std::fs::*"),
    ] {
        let found = paths(code.lines());
        assert!(found.iter().any(|found| found.join("::") == path), "{path} in {code}: {found:?}");
    }
    let renamed = paths(["use super::{x as clock};"].into_iter());
    assert!(renamed.iter().all(|path| path.last().is_some_and(|name| name != "clock")), "{renamed:?}");
}
