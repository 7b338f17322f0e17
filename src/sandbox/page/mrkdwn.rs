//! Slack's mrkdwn as HTML: safe for any text, in one pass over it.

use super::names::Names;
use jiff::Timestamp;
use maud::{Markup, PreEscaped, Render, html};

/// Renders mrkdwn as Slack does: bold, italic, strike, code, quotes, links, mentions, dates and a few emoji.
pub(super) fn html(text: &str, names: &Names) -> Markup {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some((before, fenced)) = rest.split_once("```") {
        let Some((code, after)) = fenced.split_once("```") else { break };
        lines(before.strip_suffix('\n').unwrap_or(before), names, &mut out);
        out.push_str("<pre>");
        escape(code.trim_matches('\n'), &mut out);
        out.push_str("</pre>");
        rest = after.strip_prefix('\n').unwrap_or(after);
    }
    lines(rest, names, &mut out);
    PreEscaped(out)
}

/// Renders text that formats nothing, as `plain_text` objects do; emoji names become emoji.
pub(super) fn plain(text: &str) -> Markup {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(colon) = rest.find(':') {
        escape(&rest[..colon], &mut out);
        rest = &rest[colon..];
        let length = emoji(rest, &mut out).unwrap_or_else(|| {
            out.push(':');
            1
        });
        rest = &rest[length..];
    }
    escape(rest, &mut out);
    PreEscaped(out)
}

/// Lines, those behind a `>` gathered into quotes.
fn lines(text: &str, names: &Names, out: &mut String) {
    if text.is_empty() {
        return;
    }
    let mut quoting = false;
    let mut to_the_end = false;
    let mut first = true;
    for line in text.split('\n') {
        let mut quoted = line.strip_prefix("&gt;").or_else(|| line.strip_prefix('>'));
        if let Some(all) = quoted.and_then(|rest| rest.strip_prefix("&gt;&gt;").or_else(|| rest.strip_prefix(">>"))) {
            to_the_end = true;
            quoted = Some(all);
        }
        let is_quote = quoted.is_some() || to_the_end;
        match (quoting, is_quote) {
            (false, true) => out.push_str("<blockquote>"),
            (true, false) => out.push_str("</blockquote>"),
            _ if first => {}
            _ => out.push_str("<br>"),
        }
        (quoting, first) = (is_quote, false);
        inline(quoted.map_or(line, |text| text.strip_prefix(' ').unwrap_or(text)), names, out);
    }
    if quoting {
        out.push_str("</blockquote>");
    }
}

/// The three marks that come in pairs, with their tags.
const MARKS: [(u8, &str); 3] = [(b'*', "strong"), (b'_', "em"), (b'~', "s")];

/// One line. Marks are noted where they stand and become tags once their partner is found; the others stay text.
fn inline(line: &str, names: &Names, out: &mut String) {
    let bytes = line.as_bytes();
    let mut pieces: Vec<String> = vec![String::new()];
    // Marks that wait for their partner: which, and the piece that holds them. Never more than one of each.
    let mut open: Vec<(usize, usize)> = Vec::with_capacity(MARKS.len());
    let mut at = 0;
    while at < bytes.len() {
        let last = pieces.last_mut().expect("there is a piece from the start");
        let rest = &line[at..];
        at += match bytes[at] {
            b'`' => match rest[1..].find('`') {
                Some(length) if length > 0 => {
                    last.push_str("<code>");
                    escape(&rest[1..=length], last);
                    last.push_str("</code>");
                    length + 2
                }
                _ => {
                    last.push('`');
                    1
                }
            },
            b'<' => match rest[1..].find(['<', '>']) {
                Some(end) if rest.as_bytes()[end + 1] == b'>' => {
                    token(&rest[1..=end], names).render_to(last);
                    end + 2
                }
                _ => {
                    last.push_str("&lt;");
                    1
                }
            },
            b':' => emoji(rest, last).unwrap_or_else(|| {
                last.push(':');
                1
            }),
            byte if let Some(kind) = MARKS.iter().position(|(mark, _)| *mark == byte) => {
                let before = line[..at].chars().next_back();
                let after = rest[1..].chars().next();
                let waiting = open.iter().position(|(waiting, _)| *waiting == kind);
                let closes = closes(before, after) && before != Some(char::from(byte));
                if let Some(place) = waiting.filter(|_| closes) {
                    let tag = MARKS[kind].1;
                    pieces[open[place].1] = format!("<{tag}>");
                    open.truncate(place);
                    pieces.extend([format!("</{tag}>"), String::new()]);
                } else {
                    if waiting.is_none() && opens(before, after) {
                        open.push((kind, pieces.len()));
                    }
                    pieces.extend([char::from(byte).to_string(), String::new()]);
                }
                1
            }
            _ => {
                let length = rest.find(['`', '<', ':', '*', '_', '~']).unwrap_or(rest.len());
                escape(&rest[..length], last);
                length
            }
        };
    }
    out.extend(pieces);
}

/// A mark opens at the start of a word.
fn opens(before: Option<char>, after: Option<char>) -> bool {
    before.is_none_or(|c| !c.is_alphanumeric()) && after.is_some_and(|c| !c.is_whitespace())
}

/// A mark closes at the end of a word.
fn closes(before: Option<char>, after: Option<char>) -> bool {
    before.is_some_and(|c| !c.is_whitespace()) && after.is_none_or(|c| !c.is_alphanumeric())
}

/// Shows the text between `<` and `>`: a mention, a date or a link; anything else is shown as it is.
fn token(inside: &str, names: &Names) -> Markup {
    let (target, label) = inside.split_once('|').map_or((inside, None), |(target, label)| (target, Some(label)));
    if let Some(id) = target.strip_prefix('@') {
        return html! { span.mention.me[id == names.viewer()] { "@" (text(names.user(id).or(label).unwrap_or(id))) } };
    }
    if let Some(id) = target.strip_prefix('#') {
        return html! { span.mention { "#" (text(names.channel(id).or(label).unwrap_or(id))) } };
    }
    if let Some(date) = target.strip_prefix("!date^") {
        return date_token(date, label.unwrap_or_default());
    }
    if let Some(special) = target.strip_prefix('!') {
        let name = special.split('^').next().unwrap_or_default();
        return html! { span.mention.me { "@" (text(label.unwrap_or(name).trim_start_matches('@'))) } };
    }
    web_address(target)
        .map_or_else(|| html! { "<" (text(inside)) ">" }, |address| link(&address, &text(label.unwrap_or(target))))
}

/// `<!date^1732406400^{date_short} at {time}^https://…|fall-back>`; the script puts it into the viewer's zone.
fn date_token(date: &str, fall_back: &str) -> Markup {
    let mut parts = date.splitn(3, '^');
    let moment = parts.next().and_then(|seconds| seconds.parse().ok()).and_then(|s| Timestamp::from_second(s).ok());
    let format = parts.next().unwrap_or_default();
    let Some(moment) = moment else { return text(fall_back) };
    let shown = html! { time datetime=(moment) data-format=(text(format)) { (text(fall_back)) } };
    match parts.next().and_then(web_address) {
        Some(address) => link(&address, &shown),
        None => shown,
    }
}

/// A link that takes nothing of this page along.
pub(super) fn link(address: &str, label: &Markup) -> Markup {
    html! { a href=(address) target="_blank" rel="noopener noreferrer" { (label) } }
}

/// An address that a person may follow, with its entities decoded: web or mail, never `javascript:`.
pub(super) fn web_address(text: &str) -> Option<String> {
    let known = ["https://", "http://", "mailto:"].iter().any(|scheme| text.starts_with(scheme));
    known.then(|| text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}

/// Text whose only markup is Slack's three entities.
pub(super) fn text(text: &str) -> Markup {
    let mut out = String::with_capacity(text.len());
    escape(text, &mut out);
    PreEscaped(out)
}

/// Escapes for HTML; Slack's own entities, `&amp;`, `&lt;` and `&gt;`, are HTML's and stay.
fn escape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(place) = rest.find('&') {
        rest[..place].render_to(out);
        rest = &rest[place..];
        let entity = ["&amp;", "&lt;", "&gt;"].into_iter().find(|entity| rest.starts_with(entity));
        out.push_str(entity.unwrap_or("&amp;"));
        rest = &rest[entity.map_or(1, str::len)..];
    }
    rest.render_to(out);
}

/// Writes the emoji that `rest` begins with, and says how long its name was.
fn emoji(rest: &str, out: &mut String) -> Option<usize> {
    let (name, shown) = EMOJI.iter().find(|(name, _)| rest.starts_with(name))?;
    out.push_str(shown);
    Some(name.len())
}

const EMOJI: [(&str, &str); 24] = [
    (":white_check_mark:", "✅"),
    (":heavy_check_mark:", "✔️"),
    (":x:", "❌"),
    (":no_entry:", "⛔"),
    (":warning:", "⚠️"),
    (":rotating_light:", "🚨"),
    (":red_circle:", "🔴"),
    (":large_green_circle:", "🟢"),
    (":large_yellow_circle:", "🟡"),
    (":large_blue_circle:", "🔵"),
    (":white_circle:", "⚪"),
    (":tada:", "🎉"),
    (":package:", "📦"),
    (":rocket:", "🚀"),
    (":wave:", "👋"),
    (":eyes:", "👀"),
    (":mute:", "🔇"),
    (":no_bell:", "🔕"),
    (":bell:", "🔔"),
    (":speech_balloon:", "💬"),
    (":hourglass_flowing_sand:", "⏳"),
    (":wastebasket:", "🗑️"),
    (":+1:", "👍"),
    (":thumbsup:", "👍"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names() -> Names {
        let pair = |id: &str, name: &str| (id.to_owned(), name.to_owned());
        Names::new("U1", [pair("U1", "ann"), pair("U2", "<b>jane")], [pair("C1", "annotation")])
    }

    fn shown(text: &str) -> String {
        html(text, &names()).into_string()
    }

    #[test]
    fn marks_that_have_a_partner_become_tags() {
        assert_eq!(shown("*bold* _it_ ~no~ `a*b*`"), "<strong>bold</strong> <em>it</em> <s>no</s> <code>a*b*</code>");
        assert_eq!(shown("*a _b_*\nnext"), "<strong>a <em>b</em></strong><br>next");
    }

    #[test]
    fn marks_inside_words_and_without_a_partner_stay_text() {
        for text in
            ["sample.*", "snake_case_name", "2 * 3 * 4", "*open", "**", "`", "``", "* a*", "a~b", "jane/* and */x"]
        {
            assert_eq!(shown(text), text);
        }
        assert_eq!(shown("*a _b* c_"), "<strong>a _b</strong> c_");
    }

    #[test]
    fn quotes_and_fences_are_blocks() {
        assert_eq!(shown("said:\n&gt; one\n> two\nend"), "said:<blockquote>one<br>two</blockquote>end");
        assert_eq!(shown("&gt;&gt;&gt;all\nof it"), "<blockquote>all<br>of it</blockquote>");
        assert_eq!(shown("x\n```\n*a*\n<b>\n```\ny"), "x<pre>*a*\n&lt;b&gt;</pre>y");
    }

    #[test]
    fn mentions_carry_names_and_the_viewers_own_stands_out() {
        assert_eq!(shown("<@U1>"), r#"<span class="mention me">@ann</span>"#);
        assert_eq!(shown("<@U2>"), r#"<span class="mention">@&lt;b&gt;jane</span>"#);
        assert_eq!(shown("<#C1|old>"), r#"<span class="mention">#annotation</span>"#);
        assert_eq!(shown("<!here>"), r#"<span class="mention me">@here</span>"#);
        assert_eq!(shown("<!subteam^S1|@crew>"), r#"<span class="mention me">@crew</span>"#);
    }

    #[test]
    fn only_web_and_mail_addresses_become_links() {
        assert_eq!(
            shown("<https://a.test/?x=1&amp;y=%22\"|a *label*>"),
            r#"<a href="https://a.test/?x=1&amp;y=%22&quot;" target="_blank" rel="noopener noreferrer">a *label*</a>"#
        );
        assert_eq!(shown("<javascript:alert(1)|x>"), "&lt;javascript:alert(1)|x&gt;");
    }

    #[test]
    fn a_date_token_keeps_its_moment_its_format_and_its_fall_back() {
        assert_eq!(
            shown("<!date^1732406400^{date_short} at {time}|24 Nov 2024>"),
            r#"<time datetime="2024-11-24T00:00:00Z" data-format="{date_short} at {time}">24 Nov 2024</time>"#
        );
        assert_eq!(shown("<!date^nonsense^{date}|then>"), "then");
    }

    #[test]
    fn hostile_text_stays_text() {
        assert_eq!(shown("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;");
        assert_eq!(shown("&lt;script&gt; &quot; &amp;lt;"), "&lt;script&gt; &amp;quot; &amp;lt;");
        assert_eq!(shown("<@U9|\">"), r#"<span class="mention">@&quot;</span>"#);
        assert_eq!(plain("<b>:tada: *a* 12:30:").into_string(), "&lt;b&gt;🎉 *a* 12:30:");
    }

    #[test]
    fn a_megabyte_of_unfinished_marks_is_rendered() {
        for text in ["<", "`", "*a ", "_*~", "<@", "&", ":x", "```", "\n>", "*a_b~ "] {
            let long = text.repeat(1_000_000 / text.len());
            assert!(shown(&long).len() >= long.len() / 2, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_in_the_tags_that_go_out_are_ours_and_nest(text in "([<>&;|*_~`:@#!\"' \na-eé🔴]|https://|&lt;|```|script|!date\\^1\\^){0,60}") {
            let out = shown(&text);
            let mut open = Vec::new();
            for piece in out.split('<').skip(1) {
                let (tag, _) = piece.split_once('>').expect("every tag ends");
                let name = tag.split(' ').next().unwrap();
                match name.strip_prefix('/') {
                    Some(closed) => prop_assert_eq!(open.pop(), Some(closed)),
                    None if name == "br" => {}
                    None => {
                        prop_assert!(["strong", "em", "s", "code", "pre", "blockquote", "a", "span", "time"].contains(&name), "{}", out);
                        open.push(name);
                    }
                }
            }
            prop_assert!(open.is_empty(), "{}", out);
        }
    }
}
