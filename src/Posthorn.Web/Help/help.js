// Comfort of the help pages: values that copy themselves, questions that open together, and what the server sees as it happens.
"use strict";

const body = document.querySelector(".body");

// A button behind each value that one writes into an app.
function offerCopy(code, words) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = words.copy;
    button.setAttribute("aria-label", words.copy + " " + code.textContent);
    button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = words.copied;
        setTimeout(() => { button.textContent = words.copy; }, 2000);
    });
    code.after(" ", button);
}

if (body && navigator.clipboard) {
    for (const code of body.querySelectorAll("td code, pre code")) {
        // What stands for an address that we do not know is nobody's user name.
        if (code.textContent !== body.dataset.nobody) offerCopy(code, body.dataset);
    }
}

// All questions of an article at once.
const questions = body ? [...body.querySelectorAll("details")] : [];
if (questions.length > 1) {
    const all = document.createElement("button");
    all.type = "button";
    all.className = "all";
    const label = () => { all.textContent = questions.every(question => question.open) ? body.dataset.none : body.dataset.all; };
    all.addEventListener("click", () => {
        const open = !questions.every(question => question.open);
        for (const question of questions) question.open = open;
        label();
    });
    for (const question of questions) question.addEventListener("toggle", label);
    label();
    questions[0].before(all);
}

// A link to a question opens it, also in browsers that do not do so themselves.
function openTarget() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const question = target && target.closest("details");
    if (question && !question.open) {
        question.open = true;
        question.scrollIntoView();
    }
}

addEventListener("hashchange", openTarget);
openTarget();

// Paper has nothing to click on.
addEventListener("beforeprint", () => { for (const question of questions) question.open = true; });

// What the server sees.
const seen = document.getElementById("seen");
if (seen) {
    const waiting = document.getElementById("waiting");
    const events = new EventSource(seen.dataset.events);
    events.addEventListener("open", () => {
        waiting.textContent = waiting.dataset.live;
        waiting.classList.add("live");
    });
    events.addEventListener("seen", event => {
        const line = JSON.parse(event.data);
        const item = document.createElement("li");
        item.className = line.kind;
        const part = (name, text, kind) => {
            const element = document.createElement(name);
            element.textContent = text;
            if (kind) element.className = kind;
            item.append(element, " ");
            return element;
        };
        part("time", line.time);
        part("strong", line.what);
        part("span", line.where, "use");
        if (line.advice) {
            const advice = part("span", line.advice + " ", "advice");
            const link = document.createElement("a");
            link.href = line.link;
            link.textContent = waiting.dataset.more;
            advice.append(link);
        }
        seen.append(item);
        item.scrollIntoView({ block: "nearest" });
    });
    addEventListener("pagehide", () => events.close());
}
