// Notifications are a matter of one browser: its permission, and a mark that Mail looks for (live.js).
"use strict";

const notifyKey = "posthorn.notify";
const bell = document.querySelector("[data-notify-here]");

if (bell && "Notification" in window) {
    const state = bell.querySelector("[role=status]"), button = bell.querySelector("button");
    bell.hidden = false;
    say();
    button.addEventListener("click", async () => {
        if (isOn()) {
            localStorage.removeItem(notifyKey);
        } else if (await Notification.requestPermission() === "granted") {
            localStorage.setItem(notifyKey, "on");
        }
        say();
    });

    function isOn() {
        return Notification.permission === "granted" && localStorage.getItem(notifyKey) !== null;
    }

    function say() {
        state.textContent = Notification.permission === "denied" ? bell.dataset.denied : isOn() ? bell.dataset.on : bell.dataset.off;
        button.textContent = isOn() ? bell.dataset.turnOff : bell.dataset.turnOn;
        button.hidden = Notification.permission === "denied";
    }
}
