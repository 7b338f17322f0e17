//! Finds circles between files: files that use each other, directly or through others.
//!
//! A file uses another when it names something that the other defines: in a `use`, or in a path such as `super::x::f`.
//! A `mod x;` and a re-export are no use by themselves: a name that comes through them counts for the file that
//! defines it, and also for the file that re-exports it if that is no ancestor of the defining one.
//! Calls of methods are not seen, because a method's name does not say where it is defined.
//!
//! A file may use what the modules around it define, even where those use the file: a module is the room that its
//! private children fill. So uses of a file's own ancestors are left out.

use super::read::{Source, identifiers, top_level_items};
use std::collections::{BTreeMap, BTreeSet};

/// Files by their path below `src`, and what they use.
pub(super) type Graph = BTreeMap<String, BTreeSet<String>>;

/// One file with the names in it.
struct Module {
    file: String,
    items: BTreeSet<String>,
    /// Names that `use` brings in, each with the absolute path behind it.
    imports: BTreeMap<String, Vec<String>>,
    /// Modules of which everything is brought in.
    globs: Vec<Vec<String>>,
    /// Paths to things that are used, absolute.
    uses: Vec<Vec<String>>,
}

/// Circles of more than one file, each in the order of its files.
pub(super) fn circles(sources: &[Source]) -> Vec<Vec<String>> {
    let graph = graph(sources);
    let reach: BTreeMap<&str, BTreeSet<&str>> =
        graph.keys().map(|file| (file.as_str(), reachable(&graph, file))).collect();
    let mut found = BTreeSet::new();
    for (file, reached) in &reach {
        let together: Vec<String> =
            reached.iter().filter(|other| reach[*other].contains(file)).map(|other| (*other).to_owned()).collect();
        if together.len() > 1 {
            found.insert(together);
        }
    }
    found.into_iter().collect()
}

fn reachable<'a>(graph: &'a Graph, from: &'a str) -> BTreeSet<&'a str> {
    let (mut reached, mut waiting) = (BTreeSet::new(), vec![from]);
    while let Some(file) = waiting.pop() {
        for next in graph.get(file).into_iter().flatten() {
            if reached.insert(next.as_str()) {
                waiting.push(next);
            }
        }
    }
    reached
}

/// The files that each file uses, without the file's own ancestors.
pub(super) fn graph(sources: &[Source]) -> Graph {
    let modules: BTreeMap<Vec<String>, Module> =
        sources.iter().map(|source| (module_path(&source.path), read(source))).collect();
    let mut graph = Graph::new();
    for (path, module) in &modules {
        let around: BTreeSet<&str> =
            (0..=path.len()).filter_map(|length| modules.get(&path[..length])).map(|module| &*module.file).collect();
        let used = module.uses.iter().flat_map(|used| providers(&modules, used, 0));
        let used = used.filter(|file| !around.contains(file)).map(str::to_owned);
        graph.insert(module.file.clone(), used.collect());
    }
    graph
}

/// The module of a file: `app/home.rs` and `app/home/mod.rs` are `app::home`, `lib.rs` is the root.
fn module_path(file: &str) -> Vec<String> {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    if ["lib", "main", "mod"].contains(&path) { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

fn read(source: &Source) -> Module {
    let own = module_path(&source.path);
    let children: BTreeSet<String> = declared_modules(&source.code);
    let (statements, body) = use_statements(&source.code);
    let mut module = Module {
        file: source.path.clone(),
        items: top_level_items(&source.code).into_iter().map(|item| item.name).collect(),
        imports: BTreeMap::new(),
        globs: Vec::new(),
        uses: Vec::new(),
    };
    let words: BTreeSet<&str> = identifiers(&body).collect();
    for (is_public, tree) in statements {
        for (path, name) in leaves(&tree) {
            let Some(path) = absolute(&own, &children, &BTreeMap::new(), &path) else { continue };
            if name == "*" {
                module.globs.push(path);
                continue;
            }
            if !is_public || words.contains(name.as_str()) {
                module.uses.push(path.clone());
            }
            module.imports.insert(name, path);
        }
    }
    let inline = paths(&body).into_iter().filter_map(|path| absolute(&own, &children, &module.imports, &path));
    module.uses.extend(inline.collect::<Vec<_>>());
    module
}

/// The modules that a file declares with `mod x;`.
fn declared_modules(code: &str) -> BTreeSet<String> {
    let declared = code.lines().filter_map(|line| line.trim_end().strip_suffix(';')?.rsplit_once("mod "));
    declared.map(|(_, name)| name.to_owned()).collect()
}

/// The trees of all `use` statements, with whether they are re-exports, and the code without them.
fn use_statements(code: &str) -> (Vec<(bool, String)>, String) {
    let mut statements: Vec<(bool, String)> = Vec::new();
    let (mut body, mut open) = (String::new(), None::<(bool, String)>);
    for line in code.lines() {
        let trimmed = line.trim();
        if open.is_none() {
            let public = trimmed.starts_with("pub").then(|| trimmed.split_once("use ").map(|(_, tree)| tree)).flatten();
            let is_re_export =
                public.is_some() && trimmed.split_once("use ").is_some_and(|(head, _)| is_visibility(head));
            let tree = if is_re_export { public } else { trimmed.strip_prefix("use ") };
            match tree {
                Some(tree) => open = Some((is_re_export, tree.to_owned())),
                None => body.extend([line, "\n"]),
            }
        } else if let Some((_, tree)) = &mut open {
            tree.push_str(trimmed);
        }
        if let Some((is_public, tree)) = open.take() {
            match tree.strip_suffix(';') {
                Some(tree) => statements.push((is_public, tree.to_owned())),
                None => open = Some((is_public, tree)),
            }
        }
    }
    (statements, body)
}

fn is_visibility(text: &str) -> bool {
    let text = text.trim();
    text == "pub" || text.starts_with("pub(") && text.ends_with(')')
}

/// The paths in the tree of a `use`, each with the name that it brings in.
fn leaves(tree: &str) -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    collect_leaves(&[], tree, &mut found);
    found
}

fn collect_leaves(before: &[String], tree: &str, found: &mut Vec<(Vec<String>, String)>) {
    let tree = tree.trim().trim_start_matches("::");
    if let Some(list) = tree.strip_prefix('{') {
        for branch in super::read::branches(list) {
            collect_leaves(before, branch, found);
        }
    } else if let Some((first, rest)) = tree.split_once("::") {
        collect_leaves(&[before, &[first.trim().to_owned()]].concat(), rest, found);
    } else if !tree.is_empty() {
        let (last, name) = tree.split_once(" as ").unwrap_or((tree, tree));
        let (last, name) = (last.trim(), name.trim());
        let path = if last == "self" { before.to_vec() } else { [before, &[last.to_owned()]].concat() };
        let name = if name == "self" { before.last().cloned().unwrap_or_default() } else { name.to_owned() };
        let path = if last == "*" { before.to_vec() } else { path };
        found.push((path, name));
    }
}

/// Every path of two words and more in the code.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut rest = code;
    while let Some(start) = rest.find(is_word) {
        let mut path = Vec::new();
        rest = &rest[start..];
        loop {
            let end = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
            path.push(rest[..end].to_owned());
            rest = &rest[end..];
            match rest.strip_prefix("::") {
                Some(after) if after.starts_with(is_word) => rest = after,
                _ => break,
            }
        }
        if path.len() > 1 {
            found.push(path);
        }
    }
    found
}

/// A path from the root of the crate; none if it leads out of the crate or to a name that is not imported.
fn absolute(
    own: &[String],
    children: &BTreeSet<String>,
    imports: &BTreeMap<String, Vec<String>>,
    path: &[String],
) -> Option<Vec<String>> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => Some([own, rest].concat()),
        "super" => {
            let (_, parent) = own.split_last()?;
            match rest.first().map(String::as_str) {
                Some("super") => absolute(parent, &BTreeSet::new(), &BTreeMap::new(), rest),
                _ => Some([parent, rest].concat()),
            }
        }
        name if imports.contains_key(name) => Some([imports[name].as_slice(), rest].concat()),
        name if children.contains(name) => Some([own, path].concat()),
        _ => None,
    }
}

/// The files that provide what a path leads to: the one that defines it and those that pass it on. None for a module.
fn providers<'a>(modules: &'a BTreeMap<Vec<String>, Module>, path: &[String], depth: usize) -> Vec<&'a str> {
    let is_module = |length: &usize| modules.contains_key(&path[..*length]);
    let Some(length) = (0..=path.len()).rev().find(is_module).filter(|_| depth < 8) else { return Vec::new() };
    let module = &modules[&path[..length]];
    let Some(name) = path.get(length) else {
        // The path ends at a module, but a function may have the same name.
        let Some((last, parent)) = path.split_last() else { return Vec::new() };
        let parent = modules.get(parent).filter(|parent| parent.items.contains(last));
        return parent.map(|parent| parent.file.as_str()).into_iter().collect();
    };
    if module.items.contains(name) {
        return vec![&module.file];
    }
    let brings = |glob: &&Vec<String>| {
        let there = modules.get(*glob);
        there.is_some_and(|there| there.items.contains(name) || there.imports.contains_key(name))
    };
    let from = match module.imports.get(name) {
        Some(import) => [import.as_slice(), &path[length + 1..]].concat(),
        None => match module.globs.iter().find(brings) {
            Some(glob) => [glob.as_slice(), &path[length..]].concat(),
            // A macro makes it, which is not seen here.
            None => return vec![&module.file],
        },
    };
    let mut files = providers(modules, &from, depth + 1);
    if !from.starts_with(&path[..length]) {
        files.push(&module.file);
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let sources: Vec<Source> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
        circles(&sources)
    }

    #[test]
    fn files_that_use_each_other_are_a_circle() {
        for (left, right) in [
            ("use super::right::Right;\npub struct Left;", "use crate::app::left::Left;\npub struct Right;"),
            (
                "use super::{right::{self, Other}, App};\npub fn f() {}",
                "pub struct Other;\nfn g() { super::left::f() }",
            ),
            ("use super::right;\npub fn f() { right::g() }", "use super::left;\npub fn g() { left::f() }"),
            (
                "use crate::app::right::*;\nuse super::right::g as h;\npub fn f() {}",
                "pub fn g() { crate::app::left::f() }",
            ),
            ("use super::Right;\npub struct Left;", "use super::Left;\npub struct Right;"),
            ("use super::right::Role;\npub fn f() {}", "use crate::model::Role;\nfn g() { super::left::f() }"),
        ] {
            let top = "mod left;\nmod right;\npub use left::Left;\npub use right::Right;\npub struct App;";
            let files =
                [("app/mod.rs", top), ("app/left.rs", left), ("app/right.rs", right), ("model.rs", "pub struct Role;")];
            assert_eq!(found(&files), [["app/left.rs", "app/right.rs"]], "{left}");
        }
    }

    #[test]
    fn a_circle_goes_through_several_files_and_folders() {
        let files = [
            ("app/a.rs", "use super::b::B;\npub struct A;"),
            ("app/b.rs", "pub mod inner;\npub struct B;"),
            ("app/b/inner.rs", "use crate::app::c::C;\npub struct Inner;"),
            ("app/c.rs", "use super::b::inner::Inner;\npub struct C;"),
            ("app/mod.rs", "mod a;\nmod b;\nmod c;"),
        ];
        assert_eq!(found(&files), [["app/b/inner.rs", "app/c.rs"]]);
    }

    #[test]
    fn declarations_and_re_exports_make_no_circle() {
        let files = [
            ("app/mod.rs", "mod a;\nmod b;\npub use a::A;\npub(crate) use b::B;\nstruct App(a::Part);"),
            ("app/a.rs", "use super::{App, B};\npub struct A;\npub struct Part;"),
            ("app/b.rs", "// super::A\npub struct B;\n#[cfg(test)]\nmod tests {\n    use super::super::A;\n}"),
        ];
        assert_eq!(found(&files), [[""; 0]; 0]);
    }
}
