//! The parser: what is written is read back, with its lines, and what cannot be read is told, with its line.

use awsd_core::config_file::{File, Kind, ProblemKind, Section, SectionName, parse};
use proptest::prelude::*;

/// A key, what is written after its `=`, and what that means.
type Line = (String, String, String);

fn sections() -> impl Strategy<Value = Vec<Vec<Line>>> {
    let section = prop::collection::vec(line(), 0..5).prop_map(|mut lines| {
        let mut seen = std::collections::HashSet::new();
        lines.retain(|(key, ..)| seen.insert(key.to_lowercase()));
        lines
    });
    prop::collection::vec(section, 1..5)
}

fn line() -> impl Strategy<Value = Line> {
    let spaced = ("[A-Za-z0-9_./%@:+-]{1,12}", "[ \t]{0,2}", value(), "([ \t]{1,2}[#;].{0,6})?");
    spaced.prop_map(|(key, space, value, comment)| {
        let written = value.replace('\n', "\n\t ");
        // A comment after a continued line is part of the value.
        let comment = if value.contains('\n') { String::new() } else { comment };
        (key, format!("{space}{written}{comment}"), value)
    })
}

fn value() -> impl Strategy<Value = String> {
    "[a-z0-9=+/\\[\\]\"'é]([a-z =#;]{0,6}[a-z0-9#;=])?(\n[a-z#;=\\[]{1,5}){0,2}".prop_filter(
        "a comment",
        |value| {
            let first = value.split('\n').next().unwrap_or_default();
            !first.contains(" #") && !first.contains(" ;")
        },
    )
}

/// The text, and the line of every key.
fn written(sections: &[Vec<Line>], blank: &str, ending: &str) -> (String, Vec<Vec<usize>>) {
    let mut lines: Vec<String> = Vec::new();
    let mut places = Vec::new();
    for (number, section) in sections.iter().enumerate() {
        lines.push(format!("[profile p{number}]"));
        let mut of_section = Vec::new();
        for (key, written, _) in section {
            lines.extend(blank.lines().map(str::to_owned));
            of_section.push(lines.len() + 1);
            lines.extend(format!("{key}={written}").split('\n').map(str::to_owned));
        }
        places.push(of_section);
    }
    (lines.join(ending), places)
}

fn read(text: &str) -> File {
    parse(Kind::Config, "config", text.as_bytes())
}

fn name(number: usize) -> SectionName {
    SectionName::Profile(format!("p{number}"))
}

fn told(section: &Section) -> Vec<(String, String, usize)> {
    let told = |p: &awsd_core::config_file::Property| {
        (p.key.clone(), p.value.text().to_owned(), p.value.origin.line as usize)
    };
    section.properties.iter().map(told).collect()
}

/// Lines that cannot be read wherever they stand, and why.
const UNREADABLE: [(&str, ProblemKind); 4] = [
    ("nonsense", ProblemKind::NoEquals),
    ("colon : x", ProblemKind::NoEquals),
    ("\u{3d} x", ProblemKind::NoName),
    ("s3 =\n  nonsense", ProblemKind::NoEquals),
];

proptest! {
    #[test]
    fn what_is_written_is_read(
        sections in sections(),
        blank in prop::sample::select(vec!["", "# c", "\n; [c]\n \t"]),
        ending in prop::sample::select(vec!["\n", "\r\n"]),
        mark: bool,
    ) {
        let (text, places) = written(&sections, blank, ending);
        let file = read(&format!("{}{text}", if mark { "\u{feff}" } else { "" }));
        assert!(file.problems.is_empty() && file.unusable.is_none());
        assert_eq!(file.sections.len(), sections.len());
        for (number, (section, written)) in file.sections.iter().zip(&sections).enumerate() {
            assert_eq!(&section.name, &name(number));
            assert!(section.problems.is_empty(), "{:?}", section.problems);
            let expected = written.iter().zip(&places[number]);
            let expected: Vec<_> = expected.map(|((key, _, value), &line)| (key.to_lowercase(), value.clone(), line)).collect();
            assert_eq!(told(section), expected);
        }
    }

    #[test]
    fn an_unreadable_line_is_told_and_spoils_one_section(
        sections in sections(), victim in 0_usize..4, which in 0..UNREADABLE.len(),
    ) {
        let victim = victim % sections.len();
        let (text, _) = written(&sections, "", "\n");
        let (line, problem) = &UNREADABLE[which];
        let header = format!("[profile p{victim}]");
        let broken = text.replacen(&header, &format!("{header}\n{line}"), 1);
        let at = broken.lines().position(|line| line == header).map_or(0, |header| header + 1);
        let at = at + line.lines().count();
        let (file, before) = (read(&broken), read(&text));
        for (number, (section, untouched)) in file.sections.iter().zip(&before.sections).enumerate() {
            let told: Vec<_> = section.problems.iter().filter(|p| p.kind.spoils()).collect();
            if number == victim {
                assert_eq!(told.len(), 1);
                assert_eq!((&told[0].kind, told[0].origin.line as usize), (problem, at));
            } else {
                assert!(told.is_empty());
                let values = |s: &Section| self::told(s).into_iter().map(|(k, v, _)| (k, v)).collect::<Vec<_>>();
                assert_eq!(values(section), values(untouched));
            }
        }
    }

    #[test]
    fn the_later_of_two_lines_is_used_and_both_are_told(sections in sections(), key in "[a-z]{3}") {
        let (text, _) = written(&sections, "", "\n");
        let file = read(&format!("{text}\n[profile twice]\n{key} = a\nbetween = x\n[profile twice]\n{} = b", key.to_uppercase()));
        let section = file.sections.last().expect("a section");
        let first = u32::try_from(text.lines().count()).expect("a short text") + 2;
        let told = self::told(section);
        assert_eq!(told.len(), 2);
        assert_eq!(&told[0], &(key.clone(), "b".to_owned(), first as usize + 3));
        let problems: Vec<_> = section.problems.iter().map(|p| (p.kind.clone(), p.origin.line)).collect();
        let expected = [
            (ProblemKind::DuplicateSection { first: first - 1 }, first + 2),
            (ProblemKind::DuplicateKey { key, first }, first + 3),
        ];
        assert_eq!(problems, expected);
    }

    #[test]
    fn nested_values_are_found_with_their_lines(values in prop::collection::vec("[a-z]{1,5}( # [a-z])?", 1..5)) {
        let nested: String = values.iter().enumerate().map(|(n, value)| format!("\n # c\n\n  K{n} = {value}")).collect();
        let file = read(&format!("[services s]\nsts ={nested}\n"));
        let sts = &file.sections[0].properties[0].value;
        assert!(file.sections[0].problems.is_empty());
        for (number, value) in values.iter().enumerate() {
            let found = sts.nested(&format!("k{number}")).map(|v| (v.text(), v.origin.line as usize));
            assert_eq!(found, Some((value.as_str(), 3 * number + 5)));
        }
        assert!(sts.nested("other").is_none());
    }

    #[test]
    fn a_key_that_no_setting_has_is_told_and_ignored_with_all_its_lines(
        sections in sections(), key in "[a-z]{1,3}[ !,\"'é&*(){}<>|~^?$]{1,2}[a-z]{1,3}", continued: bool,
    ) {
        let (text, _) = written(&sections, "", "\n");
        let more = if continued { "\n  more" } else { "" };
        let (file, before) = (read(&format!("{text}\n{key} = x{more}")), read(&text));
        let (last, untouched) = (file.sections.last().expect("a section"), before.sections.last().expect("a section"));
        assert_eq!(told(last), told(untouched));
        let problems: Vec<_> = last.problems.iter().map(|p| (&p.kind, p.origin.line as usize)).collect();
        assert_eq!(problems, [(&ProblemKind::OddKey, text.lines().count() + 1)]);
    }

    #[test]
    fn a_line_that_is_no_text_is_told_unless_it_is_a_comment(
        begin in prop::sample::select(vec!["#", ";", "[", "k = ", " "]),
        odd in prop::collection::vec(any::<u8>().prop_filter("one line", |&byte| byte != b'\n'), 0..9),
    ) {
        // No text in UTF-8 has this byte.
        let line = [begin.as_bytes(), b"\xff", &odd].concat();
        let text = [b"[profile a]\nx = 1\n", line.as_slice(), b"\n  more\ny = 2\n[profile b]\nz = 3\n"].concat();
        let file = parse(Kind::Config, "config", &text);
        let row = |key: &str, value: &str, line| (key.to_owned(), value.to_owned(), line);
        let problems = |section: &Section| section.problems.iter().map(|p| (p.kind.clone(), p.origin.line)).collect::<Vec<_>>();
        let (first, last) = (&file.sections[0], file.sections.last().expect("a section"));
        let foreign = vec![(ProblemKind::NotUtf8, 3)];
        match begin {
            "#" | ";" => {
                assert_eq!(told(first), [row("x", "1\nmore", 2), row("y", "2", 5)]);
                assert!(file.sections.iter().all(|section| section.problems.is_empty()));
            }
            "[" => {
                // Whatever it is called, what follows is not the section's above.
                let other = &file.sections[1];
                assert_eq!((told(first), told(other)), (vec![row("x", "1", 2)], vec![row("y", "2", 5)]));
                assert!(matches!(other.name, SectionName::Other(_)));
                assert_eq!((problems(first), problems(other)), (vec![], foreign));
            }
            _ => {
                assert_eq!(told(first), [row("x", "1", 2), row("y", "2", 5)]);
                assert_eq!(problems(first), foreign);
            }
        }
        assert_eq!(told(last), [row("z", "3", 7)]);
        assert!(last.problems.is_empty());
    }

    #[test]
    fn a_value_is_shown_by_its_place_only(values in prop::collection::vec("[A-Z]{12}(\n  [A-Z]{12})?", 1..5)) {
        let lines: String = values.iter().enumerate().map(|(n, value)| format!("k{n} = {value}\n")).collect();
        let file = read(&format!("[profile a]\n{lines}[services s]\nsts =\n  x = {}", values[0]));
        let shown = format!("{file:?}");
        assert!(values.iter().flat_map(|value| value.split("\n  ")).all(|word| !shown.contains(word)), "{shown}");
        for value in file.sections.iter().flat_map(|section| &section.properties).map(|property| &property.value) {
            assert_eq!(format!("{value:?}"), format!("Value({})", value.origin));
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let file = parse(Kind::Config, "config", &bytes);
        assert!(file.unusable.is_none());
        let lines = bytes.split(|&byte| byte == b'\n').count();
        for problem in file.sections.iter().flat_map(|s| &s.problems).chain(&file.problems) {
            assert!((1..=lines).contains(&(problem.origin.line as usize)), "{}", problem.origin);
        }
    }
}
