//! What nginx reads, what it refuses, and that garbage does no harm.

use proptest::prelude::*;

use super::*;

fn shown(directives: &[Directive]) -> String {
    let one = |one: &Directive| {
        let words = std::iter::once(&one.name).chain(&one.arguments).map(String::as_str).collect::<Vec<_>>().join("|");
        one.block.as_ref().map_or_else(|| format!("{words};"), |block| format!("{words}{{{}}}", shown(block)))
    };
    directives.iter().map(one).collect::<Vec<_>>().concat()
}

fn read(text: &str) -> String {
    Config::parse("x.conf", text).map_or_else(|error| error.to_string(), |config| shown(&config.directives))
}

#[test]
fn words_quotes_comments_and_blocks_are_read_as_nginx_reads_them() {
    for (text, expected) in [
        ("a b;c{d e;}", "a|b;c{d|e;}"),
        ("a \"b c;\" 'd\\'e' \"\"; # no; {\nf;", "a|b c;|d'e|;f;"),
        ("a x#y;", "a|x#y;"),
        ("a ${b}c$d{e;}", "a|${b}c$d{e;}"),
        ("a \\; b;", "a|\\;|b;"),
        ("a ~^/\\d+\\.php$;", "a|~^/\\d+\\.php$;"),
        ("a \"\\\"\\\\\\t\\w\";", "a|\"\\\t\\w;"),
        ("map $a $b{~*\"^x\" 1;\"\" 2;}", "map|$a|$b{~*\"^x\"|1;|2;}"),
        ("x_by_lua_block{ if a then { ; } end }b;", "x_by_lua_block{}b;"),
        ("a{b c};d; }", "a{b|c};d;}"),
        ("", ""),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn what_nginx_would_not_start_with_is_named_with_its_line() {
    for (text, expected) in [
        ("a;\nb", "x.conf:2: this directive is not ended by a `;`"),
        ("a{\n\nb;", "x.conf:1: this block is not closed"),
        ("a;\n}", "x.conf:2: a `}` too many"),
        ("{", "x.conf:1: a `{` without a directive"),
        (";", "x.conf:1: a `;` without a directive"),
        ("a{\nb }", "x.conf:2: a `;` is missing before this `}`"),
        ("a\n\"b;", "x.conf:2: this quote is not closed"),
        ("a 'b'c;", "x.conf:1: unexpected `c` after a quote"),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
    assert!(read(&"a{".repeat(100_000)).ends_with("blocks are nested too deeply"));
}

#[test]
fn a_dump_is_put_together_with_each_files_own_lines() {
    let text = "nginx: the configuration file is fine\n# configuration file /etc/nginx/nginx.conf:\nhttp {\n include mime.types;\n include conf.d/*.conf;\n include gone;\n}\n\
                # configuration file /etc/nginx/mime.types:\ntypes {}\n# configuration file /etc/nginx/conf.d/a.conf:\n\nserver { listen 1; }\n\
                # configuration file /etc/nginx/conf.d/deep/b.conf:\nserver {}\n";
    let config = Config::parse("-", text).expect("a dump");
    assert_eq!(shown(config.http()), "types{}server{listen|1;}");
    let server = &config.http()[1];
    assert_eq!(server.place.to_string(), "/etc/nginx/conf.d/a.conf:2");
    assert_eq!(config.unseen.iter().map(|one| one.place.line).collect::<Vec<_>>(), [4]);
}

#[test]
fn a_folder_is_read_from_its_nginx_conf_or_file_by_file() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("conf.d")).expect("made");
    std::fs::write(folder.path().join("conf.d/b.conf"), "b;").expect("written");
    std::fs::write(folder.path().join("conf.d/a.conf"), "a;").expect("written");
    std::fs::write(folder.path().join("key.pem"), "\0{ not nginx").expect("written");
    assert_eq!(shown(Config::read(folder.path()).expect("a folder").http()), "a;b;");
    std::fs::write(folder.path().join("nginx.conf"), "http { include conf.d/b*; }").expect("written");
    assert_eq!(shown(Config::read(folder.path()).expect("a folder").http()), "b;");
}

#[test]
fn files_that_include_themselves_end() {
    let text = "# configuration file /n:\ninclude n; include n;\n";
    let error = Config::parse("-", text).expect_err("for ever");
    assert_eq!(error.to_string(), "/n:1: too much is included");
}

#[test]
fn an_inner_level_replaces_all_of_a_kind_and_nothing_else() {
    let config = Config::parse("x", "h 1;h 2;o 1;server{h 3;location /{x;}}").expect("fine");
    let outer = Scope::http(config.http());
    let server = outer.enter(&config.http()[3]);
    let values =
        |scope: &Scope<'_>, name| scope.list(name).iter().map(|one| one.argument(0)).collect::<Vec<_>>().join(" ");
    assert_eq!((values(&outer, "h"), values(&server, "h")), ("1 2".into(), "3".into()));
    assert_eq!((values(&server, "o"), server.value("nothing")), ("1".into(), ""));
}

proptest! {
    #[test]
    fn garbage_is_read_or_refused(text in "[a-z;{}\"'#\\\\$ \n*/]{0,200}") {
        let _ = Config::parse("x", &text);
    }

    #[test]
    fn any_bytes_are_read_or_refused(text in any::<String>(), name in any::<String>()) {
        let dump = format!("# configuration file {name}:\n{text}include {name};");
        let _ = Config::parse(&name, &dump);
    }

    #[test]
    fn what_is_written_is_what_is_read(words in proptest::collection::vec("[ -~]{1,12}", 1..6)) {
        let quoted = |word: &String| format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""));
        let text = format!("name {};", words.iter().map(quoted).collect::<Vec<_>>().join(" "));
        let config = Config::parse("x", &text).expect("well formed");
        prop_assert_eq!(&config.directives[0].arguments, &words);
    }
}
