#!/usr/bin/env bash
# See to it that the browser tests have a Chromium and a font with Chinese characters. Exit 1: there is no browser.
set -euo pipefail

has_browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
has_font() { command -v fc-list && [ -n "$(fc-list :lang=zh)" ]; }
install() {
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

missing=()
has_browser >/dev/null || missing+=(chromium)
has_font >/dev/null || missing+=(fontconfig fonts-noto-cjk)
if [ ${#missing[@]} = 0 ]; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then
    echo "Installing ${missing[*]} for the browser tests ..."
    install "${missing[@]}" || true
else
    echo "The browser tests lack: ${missing[*]} (on Debian, as root: apt-get install ${missing[*]})"
fi
has_browser >/dev/null || { echo "No Chromium is installed: the browser tests cannot pass." >&2; exit 1; }
