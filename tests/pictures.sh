#!/usr/bin/env bash
# Makes the pictures in docs/ from the sandbox page, in headless Chromium.
#   bash tests/pictures.sh            all of them
#   bash tests/pictures.sh form       docs/form.png; also app-home, gallery, resolved-issue, sandbox
# SEGMENTS_SLACK_PROGRAM names a program that is already built.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf 'tests/pictures.sh: %s\n' "$*" >&2; exit 1; }

for tool in chromedriver curl base64; do
    command -v "$tool" >/dev/null || fail "\`$tool\` is missing (Debian: chromium chromium-driver fonts-noto-color-emoji curl)"
done
fc-list 2>/dev/null | grep -qi emoji || fail "an emoji font is missing (Debian: fonts-noto-color-emoji)"

names=("$@")
((${#names[@]})) || names=(app-home form gallery resolved-issue sandbox)

program=${SEGMENTS_SLACK_PROGRAM:-}
if [[ -z $program ]]; then
    cargo build --locked --quiet
    program=target/debug/segments-slack
fi

folder=$(mktemp -d)
processes=()
end() {
    for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap end EXIT

# Prints the part of a line of a file that matches a pattern, once the process has written it.
printed() {
    local found
    for _ in {1..300}; do
        found=$(sed -n "s/.*$2.*/\1/p" "$1" | head -n 1)
        [[ -n $found ]] && { printf '%s' "$found"; return; }
        sleep 0.1
    done
    cat "$1" >&2
    fail "no line of the output matches $2"
}

TMPDIR=$folder chromedriver --port=0 >"$folder/chromedriver" 2>&1 &
processes+=($!)
driver=http://127.0.0.1:$(printed "$folder/chromedriver" 'started successfully on port \([0-9]*\)')

# Sends a WebDriver command and prints the answer: driven METHOD PATH [JSON]
driven() {
    local answer
    answer=$(curl --silent --noproxy '*' -X "$1" "$driver$2" ${3:+-H 'content-type: application/json' -d "$3"})
    [[ $answer == *'"error":'* ]] && fail "$1 $2: $answer"
    printf '%s' "$answer"
}

# Quotes a text as JSON.
quoted() {
    local text=${1//\\/\\\\}
    text=${text//\"/\\\"}
    printf '"%s"' "${text//$'\n'/\\n}"
}

opened=$(driven POST /session '{"capabilities":{"alwaysMatch":{"timeouts":{"script":60000},"goog:chromeOptions":{"args":[
    "--headless=new","--no-sandbox","--disable-gpu","--disable-quic","--disable-dev-shm-usage","--disable-background-networking",
    "--disable-component-update","--disable-sync","--no-first-run","--no-proxy-server","--hide-scrollbars","--lang=en-GB",
    "--user-data-dir='"$folder"'/profile"]}}}}')
session=/session/$(sed -n 's/.*"sessionId":"\([^"]*\)".*/\1/p' <<<"$opened")

# Helpers for the steps below. They wait for what the page shows, never for a time.
read -r -d '' helpers <<'JS' || true
const all = (css, text = "") => [...document.querySelectorAll(css)].filter((one) => one.textContent.includes(text));
const last = (css, text) => new Promise((resolve) => {
  const look = () => all(css, text).length ? resolve(all(css, text).at(-1)) : requestAnimationFrame(look);
  look();
});
const type = (text) => { document.querySelector("#text").value = text; document.querySelector("#composer").requestSubmit(); };
const send = (event) => document.querySelector(`[data-send="${event}"]`).click();
const subscribed = async (words) => { type(`/segments subscribe ${words}`); await last("article .actions button", "Undo"); };
JS

# Opens a page of a new sandbox in a window of a size: visit PATH WIDTH HEIGHT
visit() {
    printf '' >"$folder/sandbox"
    "$program" sandbox --listen 127.0.0.1:0 >"$folder/sandbox" 2>&1 &
    processes+=($!)
    page=$(printed "$folder/sandbox" 'the sandbox is at \(http:[^,]*\),')
    driven POST "$session/window/rect" "{\"width\":$2,\"height\":$3}" >/dev/null
    driven POST "$session/url" "{\"url\":\"${page%/}$1\"}" >/dev/null
}

# Runs JavaScript in the page, which can await.
run() {
    local script="const done = arguments[0]; (async () => { $helpers
$1 })().then(() => done(), (error) => done(String(error)));"
    local answer
    answer=$(driven POST "$session/execute/async" "{\"script\":$(quoted "$script"),\"args\":[]}")
    [[ $answer == '{"value":null}' ]] || fail "a step failed: $answer"
}

# Takes the picture, of the window or of one element: picture NAME [CSS]
picture() {
    local path=$session/screenshot found
    # The pointer and the caret are nowhere, and everything is drawn.
    run 'document.activeElement?.blur(); await document.fonts.ready; await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));'
    if [[ -n ${2:-} ]]; then
        found=$(driven POST "$session/element" "{\"using\":\"css selector\",\"value\":$(quoted "$2")}")
        path=$session/element/$(sed 's/.*:"\([^"]*\)"}}$/\1/' <<<"$found")/screenshot
    fi
    driven GET "$path" | sed 's/^{"value":"//; s/"}$//' | base64 -d >"docs/$1.png"
    printf 'docs/%s.png\n' "$1"
}

draw_sandbox() {
    visit / 1400 1000
    run '
        await subscribed("jane/flowers sample.* issue label.rejected");
        send("sample.created");
        await last("article", "sample_0001.png");
        send("issue.created");
        const card = await last("article .attachment details.overflow summary");
        card.click();
        await last("details[open] .menu button");'
    picture sandbox
}

draw_resolved_issue() {
    visit / 1280 980
    run 'document.querySelector("#people li:last-child a").click();'
    run '
        await last("#people li:last-child a[aria-current=true]");
        await subscribed("jane/flowers issue.created label.labeled");
        send("issue.created");
        (await last("article .attachment button", "Resolve")).click();
        await last("article .attachment button", "Reopen");
        const thread = await last("article details.thread");
        thread.open = true;
        const result = await last("article.private");
        result.scrollIntoView();'
    picture resolved-issue
}

draw_form() {
    visit / 1280 980
    run '
        document.querySelector("[data-shortcut]").click();
        const field = await last("#modal [role=combobox]");
        field.focus();
        field.value = "jane/flowers";
        field.dispatchEvent(new Event("input", { bubbles: true }));
        const entry = await last("#modal [role=option]", "jane/flowers");
        entry.dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true }));
        await last("#modal [data-chosen=\"jane/flowers\"]");
        const channel = document.querySelector("#in-channel");
        channel.value = all("#in-channel option", "annotation")[0].value;
        channel.dispatchEvent(new Event("change", { bubbles: true }));
        await last("#in-channel option[selected]", "annotation");
        for (const event of ["dataset.*", "sample.*", "label.rejected"]) {
            const box = (await last("#modal")).querySelector(`input[value="${event}"]`);
            if (!box.checked) box.click();
            // The server has drawn it.
            await last(`#modal input[value="${event}"][checked]`);
        }
        document.querySelector("#modal .blocks").scrollTop = 0;'
    picture form
}

draw_app_home() {
    visit / 1280 980
    run '
        await subscribed("jane/flowers sample.* issue label.rejected");
        send("sample.created");
        await last("article", "sample_0001.png");
        const before = all("article").length;
        type("/segments mute jane/flowers 1h");
        await last(`article:nth-of-type(${before + 2})`);
        document.querySelector("#go-home").click();'
    run 'await last("#home", "/segments help");'
    picture app-home
}

draw_gallery() {
    visit /gallery 1400 2000
    run '
        const section = document.querySelector("#together");
        section.style.cssText = "width: 1180px; padding: 16px; columns: 2";
        section.querySelector("h2").remove();
        for (const figure of section.querySelectorAll("figure")) figure.style.breakInside = "avoid";'
    picture gallery '#together'
}

for name in "${names[@]}"; do
    case "$name" in
        app-home | form | gallery | resolved-issue | sandbox) "draw_${name//-/_}" ;;
        *) fail "there is no picture \`$name\`; there are: app-home, form, gallery, resolved-issue, sandbox" ;;
    esac
done
