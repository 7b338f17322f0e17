//! Collects the text of every setting from flags, environment, file and defaults, and where each came from.
//!
//! Written by hand instead of with a library such as `figment`: it reports all problems at once, suggests names for
//! typos, and never prints a value that may be a secret.

use super::problem::{ConfigProblem, Origin};
use super::setting::{self, Setting};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// Largest configuration or secret file that is read, in bytes.
const MAX_CONFIG_FILE_BYTES: u64 = 256 * 1024;

/// The inputs of a configuration, so that tests do not depend on the environment of the process.
#[derive(Default)]
pub struct ConfigSources {
    /// Flags of the command line, by setting.
    pub flags: Vec<(&'static Setting, String)>,
    /// Environment variables.
    pub environment: Vec<(OsString, OsString)>,
    /// Set if the log is written to a terminal.
    pub terminal: bool,
}

/// The settings as text, before they are checked.
pub struct UncheckedSettings {
    found: BTreeMap<&'static str, Found>,
    /// Keys whose value was given but could not be read; they are not reported as "not set" as well.
    unreadable: Vec<&'static str>,
    pub(super) problems: Vec<ConfigProblem>,
}

struct Found {
    /// Kept secret for every setting, because a secret may be given for the wrong one.
    text: SecretString,
    origin: Origin,
}

/// A setting, its printable value, and the source of the value.
#[derive(Debug, PartialEq, Eq)]
pub struct ListedSetting {
    /// Key of the setting.
    pub key: &'static str,
    /// Value; `set` for a secret, `not set` without a value.
    pub value: String,
    /// Source; `None` without a value.
    pub origin: Option<Origin>,
}

impl UncheckedSettings {
    /// Reads all sources. Problems are collected and returned when the settings are checked.
    pub fn gather(sources: ConfigSources) -> Self {
        let mut settings = Self { found: BTreeMap::new(), unreadable: Vec::new(), problems: Vec::new() };
        let defaults = setting::ALL.iter().filter_map(|setting| Some((*setting, setting.default?)));
        let log_format = if sources.terminal { "pretty" } else { "json" };
        for (setting, text) in defaults.chain([(&setting::LOG_FORMAT, log_format)]) {
            settings.put(setting, text.to_owned(), Origin::Default);
        }
        // Later sources override earlier ones.
        let environment = settings.named_environment(sources.environment);
        let named = sources.flags.iter().find(|(setting, _)| **setting == setting::CONFIG).map(|(_, path)| path);
        if let Some(path) = named.or_else(|| environment.get(setting::CONFIG.environment)) {
            settings.read_file(Path::new(path));
        }
        settings.read_environment(&environment);
        for (setting, text) in sources.flags {
            if let Some(flag) = setting.flag.filter(|_| *setting != setting::CONFIG) {
                if setting.secret {
                    // The flag of a secret names a file that contains it.
                    settings.put_secret(setting, Path::new(&text), Origin::Flag(flag));
                } else {
                    settings.put(setting, text, Origin::Flag(flag));
                }
            }
        }
        settings
    }

    /// Lists the effective value and the source of every setting.
    pub fn list(&self) -> Vec<ListedSetting> {
        let list = setting::ALL.iter().map(|setting| {
            let found = self.found.get(setting.key);
            let value = match found {
                None => "not set".to_owned(),
                Some(_) if setting.secret => "set".to_owned(),
                Some(found) => printable(found.text.expose_secret()),
            };
            ListedSetting { key: setting.key, value, origin: found.map(|found| found.origin.clone()) }
        });
        list.collect()
    }

    pub(super) fn required<T>(&mut self, setting: &Setting, parse: fn(&str) -> Result<T, &'static str>) -> Option<T> {
        if !self.found.contains_key(setting.key) && !self.unreadable.contains(&setting.key) {
            let from_file = if setting.secret { format!(" or {}_FILE", setting.environment) } else { String::new() };
            self.add_problem(format!(
                "`{}` is not set; set {}{from_file}; allowed: {}",
                setting.key, setting.environment, setting.allowed
            ));
        }
        self.optional(setting, parse)
    }

    pub(super) fn optional<T>(&mut self, setting: &Setting, parse: fn(&str) -> Result<T, &'static str>) -> Option<T> {
        let Found { text, origin } = self.found.get(setting.key)?;
        let text = text.expose_secret();
        match parse(text) {
            Ok(value) => Some(value),
            Err(reason) => {
                let value = if setting.secret { "the value".to_owned() } else { format!("`{}`", printable(text)) };
                self.add_problem(format!(
                    "`{}` ({origin}): {value} {reason}; allowed: {}",
                    setting.key, setting.allowed
                ));
                None
            }
        }
    }

    /// Reports whether a value was given, valid or not.
    pub(super) fn is_given(&self, setting: &Setting) -> bool {
        self.found.contains_key(setting.key) || self.unreadable.contains(&setting.key)
    }

    pub(super) fn add_problem(&mut self, problem: String) {
        self.problems.push(ConfigProblem(problem));
    }

    fn reject(&mut self, setting: &'static Setting, problem: String) {
        self.add_problem(problem);
        self.found.remove(setting.key);
        self.unreadable.push(setting.key);
    }

    fn put(&mut self, setting: &'static Setting, text: String, origin: Origin) {
        self.found.insert(setting.key, Found { text: text.into(), origin });
    }

    /// Returns the variables of this program as text; an empty variable counts as not set.
    fn named_environment(&mut self, environment: Vec<(OsString, OsString)>) -> BTreeMap<String, String> {
        let mut known = vec![setting::CONFIG.environment.to_owned()];
        for setting in setting::ALL {
            known.push(setting.environment.to_owned());
            known.extend(setting.secret.then(|| in_file(setting.environment)));
        }
        let mut named = BTreeMap::new();
        for (name, value) in environment {
            let Ok(name) = name.into_string() else { continue };
            if !known.contains(&name) {
                if name.starts_with("SEGMENTS_SLACK_") {
                    let nearest = nearest(&name, known.iter().map(String::as_str));
                    self.add_problem(format!("`{}` (environment) is not a setting; {nearest}", printable(&name)));
                }
            } else if value.is_empty() {
            } else if let Ok(value) = value.into_string() {
                named.insert(name, value);
            } else {
                self.add_problem(format!("`{name}` (environment): the value is not valid UTF-8"));
            }
        }
        named
    }

    fn read_environment(&mut self, environment: &BTreeMap<String, String>) {
        for setting in setting::ALL {
            let file_variable = in_file(setting.environment);
            let file = environment.get(&file_variable).filter(|_| setting.secret);
            let value = environment.get(setting.environment);
            match (value, file) {
                (None, None) => {}
                (Some(_), Some(_)) => {
                    let both = format!("{} and {file_variable}", setting.environment);
                    self.reject(
                        setting,
                        format!("`{}` (environment) is set by both {both}; unset one of them", setting.key),
                    );
                }
                (Some(value), None) => {
                    self.put(setting, value.clone(), Origin::Environment(setting.environment.to_owned()));
                }
                (None, Some(path)) => self.put_secret(setting, Path::new(path), Origin::Environment(file_variable)),
            }
        }
    }

    fn read_file(&mut self, path: &Path) {
        let text = match read(path) {
            Ok(text) => text,
            Err(reason) => {
                return self.add_problem(format!("`config`: {reason}; allowed: {}", setting::CONFIG.allowed));
            }
        };
        let line = |offset| text.get(..offset).map_or(1, |before: &str| before.matches('\n').count() + 1);
        let table = match DeTable::parse(&text) {
            Ok(table) => table.into_inner(),
            Err(error) => {
                // The display text of the error contains the line, which may contain a secret.
                let line = line(error.span().map_or(0, |span| span.start));
                return self.add_problem(format!("{} line {line}: {}", path.display(), error.message()));
            }
        };
        for (key, value) in table {
            let origin = Origin::File { path: path.to_owned(), line: line(key.span().start) };
            self.read_entry(key.get_ref(), value.get_ref(), origin);
        }
    }

    fn read_entry(&mut self, key: &str, value: &DeValue<'_>, origin: Origin) {
        let keys: Vec<String> = setting::ALL.iter().map(|setting| file_key(setting)).collect();
        let Some(setting) = setting::ALL.into_iter().find(|setting| file_key(setting) == key) else {
            let hint = if setting::ALL.iter().any(|setting| setting.key == key) {
                format!("secrets cannot be in this file; set `{key}_file` to the path of a file that contains it")
            } else {
                nearest(key, keys.iter().map(String::as_str))
            };
            return self.add_problem(format!("`{}` ({origin}) is not a setting; {hint}", printable(key)));
        };
        let text = match value {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.to_string(),
            _ => {
                return self.add_problem(format!("`{key}` ({origin}): the value is neither text nor a whole number"));
            }
        };
        if setting.secret {
            self.put_secret(setting, Path::new(&text), origin);
        } else {
            self.put(setting, text, origin);
        }
    }

    fn put_secret(&mut self, setting: &'static Setting, path: &Path, origin: Origin) {
        match read_secret(path, setting) {
            Ok(text) => self.put(setting, text, origin),
            Err(reason) => {
                self.reject(setting, format!("`{}` ({origin}): {reason}", setting.key));
            }
        }
    }
}

fn in_file(name: &str) -> String {
    format!("{name}_FILE")
}

fn file_key(setting: &Setting) -> String {
    if setting.secret { format!("{}_file", setting.key) } else { setting.key.to_owned() }
}

/// Returns "did you mean …" if a known name is similar, else the list of all names.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let name = &name[..name.floor_char_boundary(100)];
    match known.clone().min_by_key(|known| strsim::levenshtein(known, name)) {
        Some(near) if strsim::levenshtein(near, name) <= 3 => format!("did you mean `{near}`?"),
        _ => format!("allowed: `{}`", known.collect::<Vec<_>>().join("`, `")),
    }
}

/// Makes a value printable: short, without control characters, and hidden if it may contain a password.
fn printable(text: &str) -> String {
    if text.contains('@') {
        return "(hidden: it may contain a password)".to_owned();
    }
    let short = &text[..text.floor_char_boundary(200)];
    short.escape_debug().to_string()
}

fn read_secret(path: &Path, setting: &Setting) -> Result<String, String> {
    let mode = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?.permissions().mode();
    if *setting == setting::KEY && mode & 0o077 != 0 {
        let path = path.display();
        return Err(format!("other users of this machine can access `{path}`; run `chmod 600 {path}`"));
    }
    if mode & 0o006 != 0 {
        let path = path.display();
        return Err(format!("all users of this machine can access `{path}`; run `chmod 600 {path}`"));
    }
    read(path).map(|text| text.trim().to_owned())
}

fn read(path: &Path) -> Result<String, String> {
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if !metadata.is_file() || metadata.len() > MAX_CONFIG_FILE_BYTES {
        return Err(format!("`{}` is not a regular file of at most {MAX_CONFIG_FILE_BYTES} bytes", path.display()));
    }
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| unreadable(path, &error))?;
    file.take(MAX_CONFIG_FILE_BYTES).read_to_string(&mut text).map_err(|error| unreadable(path, &error))?;
    Ok(text)
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!("could not read `{}`: {error}", path.display())
}
