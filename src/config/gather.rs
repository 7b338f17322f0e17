//! Collects the text of every setting from flags, environment, file and defaults, and remembers where each was.

use super::problem::{ConfigProblem, Origin};
use super::setting::{self, Setting};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// A longer file holds no secret and no configuration.
const MAX_CONFIG_FILE_BYTES: u64 = 256 * 1024;

/// Everything outside that a configuration is read from, so that tests touch no process environment.
#[derive(Default)]
pub struct ConfigSources {
    /// What stood on the command line, by setting.
    pub flags: Vec<(&'static Setting, String)>,
    /// The environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Whether the log goes to a terminal.
    pub terminal: bool,
}

/// The settings as found, not yet checked.
pub struct UncheckedSettings {
    found: BTreeMap<&'static str, Found>,
    /// Keys whose value was given but could not be had: to call them "not set" would be one complaint too many.
    refused: Vec<&'static str>,
    pub(super) problems: Vec<ConfigProblem>,
}

struct Found {
    /// Not every value is a secret, but what was given where none was expected may be one.
    text: SecretString,
    origin: Origin,
}

/// A setting, its value fit to be shown, and where it was found.
#[derive(Debug, PartialEq, Eq)]
pub struct ListedSetting {
    /// The setting's key.
    pub key: &'static str,
    /// Its value; `set` for a secret, `not set` for nothing.
    pub value: String,
    /// Where it was; none for nothing.
    pub origin: Option<Origin>,
}

impl UncheckedSettings {
    /// Looks everywhere; what is wrong is told by whoever asks for a value later, together with all the rest.
    pub fn gather(sources: ConfigSources) -> Self {
        let mut settings = Self { found: BTreeMap::new(), refused: Vec::new(), problems: Vec::new() };
        let defaults = setting::ALL.iter().filter_map(|setting| Some((*setting, setting.default?)));
        let log_format = if sources.terminal { "pretty" } else { "json" };
        for (setting, text) in defaults.chain([(&setting::LOG_FORMAT, log_format)]) {
            settings.put(setting, text.to_owned(), Origin::Default);
        }
        // Later sources replace what earlier ones said.
        let environment = settings.named_environment(sources.environment);
        let named = sources.flags.iter().find(|(setting, _)| **setting == setting::CONFIG).map(|(_, path)| path);
        if let Some(path) = named.or_else(|| environment.get(setting::CONFIG.environment)) {
            settings.read_file(Path::new(path));
        }
        settings.read_environment(&environment);
        for (setting, text) in sources.flags {
            if let Some(flag) = setting.flag.filter(|_| *setting != setting::CONFIG) {
                if setting.secret {
                    // What stands on a command line is only where the secret is.
                    settings.put_secret(setting, Path::new(&text), Origin::Flag(flag));
                } else {
                    settings.put(setting, text, Origin::Flag(flag));
                }
            }
        }
        settings
    }

    /// Every setting as it would hold, for eyes.
    pub fn list(&self) -> Vec<ListedSetting> {
        let list = setting::ALL.iter().map(|setting| {
            let found = self.found.get(setting.key);
            let value = match found {
                None => "not set".to_owned(),
                Some(_) if setting.secret => "set".to_owned(),
                Some(found) => shown(found.text.expose_secret()),
            };
            ListedSetting { key: setting.key, value, origin: found.map(|found| found.origin.clone()) }
        });
        list.collect()
    }

    pub(super) fn required<T>(&mut self, setting: &Setting, parse: fn(&str) -> Result<T, &'static str>) -> Option<T> {
        if !self.found.contains_key(setting.key) && !self.refused.contains(&setting.key) {
            let from_file = if setting.secret { format!(" or {}_FILE", setting.environment) } else { String::new() };
            self.complain(format!(
                "`{}` is not set: give {}{from_file}; allowed: {}",
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
                let value = if setting.secret { "its value".to_owned() } else { format!("`{}`", shown(text)) };
                self.complain(format!("`{}` ({origin}): {value} {reason}; allowed: {}", setting.key, setting.allowed));
                None
            }
        }
    }

    /// Whether a value was given, good or not.
    pub(super) fn is_given(&self, setting: &Setting) -> bool {
        self.found.contains_key(setting.key) || self.refused.contains(&setting.key)
    }

    pub(super) fn complain(&mut self, problem: String) {
        self.problems.push(ConfigProblem(problem));
    }

    fn refuse(&mut self, setting: &'static Setting, problem: String) {
        self.complain(problem);
        self.found.remove(setting.key);
        self.refused.push(setting.key);
    }

    fn put(&mut self, setting: &'static Setting, text: String, origin: Origin) {
        self.found.insert(setting.key, Found { text: text.into(), origin });
    }

    /// The variables that are meant for this program, as text; an empty one counts as not set.
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
                    self.complain(format!("`{}` (environment) is no setting; {nearest}", shown(&name)));
                }
            } else if value.is_empty() {
            } else if let Ok(value) = value.into_string() {
                named.insert(name, value);
            } else {
                self.complain(format!("`{name}` (environment): its value is not UTF-8"));
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
                    self.refuse(setting, format!("`{}` (environment) is set by both {both}: unset one", setting.key));
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
            Err(reason) => return self.complain(format!("`config`: {reason}; allowed: {}", setting::CONFIG.allowed)),
        };
        let line = |offset| text.get(..offset).map_or(1, |before: &str| before.matches('\n').count() + 1);
        let table = match DeTable::parse(&text) {
            Ok(table) => table.into_inner(),
            Err(error) => {
                // The error's own text would show the line, and a secret may stand in it.
                let line = line(error.span().map_or(0, |span| span.start));
                return self.complain(format!("{} line {line}: {}", path.display(), error.message()));
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
                format!("a secret does not stand in this file: name its own file with `{key}_file`")
            } else {
                nearest(key, keys.iter().map(String::as_str))
            };
            return self.complain(format!("`{}` ({origin}) is no setting; {hint}", shown(key)));
        };
        let text = match value {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.to_string(),
            _ => {
                return self.complain(format!("`{key}` ({origin}): its value is neither text nor a whole number"));
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
                self.refuse(setting, format!("`{}` ({origin}): {reason}", setting.key));
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

/// "did you mean …" where one name is near, else every name.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let name = &name[..name.floor_char_boundary(100)];
    match known.clone().min_by_key(|known| strsim::levenshtein(known, name)) {
        Some(near) if strsim::levenshtein(near, name) <= 3 => format!("did you mean `{near}`?"),
        _ => format!("allowed: `{}`", known.collect::<Vec<_>>().join("`, `")),
    }
}

/// A value as it may be printed: short, without control characters, and without a password in an address.
fn shown(text: &str) -> String {
    if text.contains('@') {
        return "(not shown: it may hold a password)".to_owned();
    }
    let short = &text[..text.floor_char_boundary(200)];
    short.escape_debug().to_string()
}

fn read_secret(path: &Path, setting: &Setting) -> Result<String, String> {
    let mode = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?.permissions().mode();
    if *setting == setting::KEY && mode & 0o077 != 0 {
        let path = path.display();
        return Err(format!("others on this machine can read or change `{path}`: run `chmod 600 {path}`"));
    }
    if mode & 0o006 != 0 {
        let path = path.display();
        return Err(format!("everybody on this machine can read or change `{path}`: run `chmod 600 {path}`"));
    }
    read(path).map(|text| text.trim().to_owned())
}

fn read(path: &Path) -> Result<String, String> {
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if !metadata.is_file() || metadata.len() > MAX_CONFIG_FILE_BYTES {
        return Err(format!("`{}` is no regular file of at most {MAX_CONFIG_FILE_BYTES} bytes", path.display()));
    }
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| unreadable(path, &error))?;
    file.take(MAX_CONFIG_FILE_BYTES).read_to_string(&mut text).map_err(|error| unreadable(path, &error))?;
    Ok(text)
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!("could not read `{}`: {error}", path.display())
}
