// What every page has: menus that close, and the time zone of the browser.
"use strict";

// Asked when it matters: a script may have put a menu into the page since.
document.addEventListener("click", event => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
        if (!menu.contains(event.target)) {
            menu.open = false;
        }
    }
});
document.addEventListener("keydown", event => {
    const menu = event.key === "Escape" ? event.target.closest("details.menu[open]") : null;
    if (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
    }
});

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.split("; ").includes("zone=" + zone)) {
    document.cookie = "zone=" + zone + "; Path=/; Max-Age=31536000; SameSite=Lax; Secure";
}
