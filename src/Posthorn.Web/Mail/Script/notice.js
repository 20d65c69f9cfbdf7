// What was just done, with the way back, for some seconds. Undo works by the key z too.

const noticeTime = 12000;
let noticeTimer = 0;

function tell(text, undo) {
    const bar = document.querySelector('[data-notice]');
    if (!bar) {
        return;
    }
    clearTimeout(noticeTimer);
    bar.replaceChildren();
    if (!text) {
        return;
    }
    const box = document.createElement('form'), words = document.createElement('span');
    box.className = 'undo';
    box.method = 'post';
    words.textContent = text;
    box.append(words);
    if (undo) {
        const field = document.createElement('input'), key = document.createElement('input'), button = document.createElement('button');
        Object.assign(field, { type: 'hidden', name: undo.field, value: undo.value });
        Object.assign(key, { type: 'hidden', name: '__RequestVerificationToken', value: token() });
        button.textContent = texts.undo;
        box.action = undo.action;
        box.append(field, key, button);
    }
    bar.append(box);
    noticeTimer = setTimeout(() => bar.replaceChildren(), noticeTime);
}

/** Shows what an answer says; true when it was done. */
function told(answer) {
    tell(answer.problem ?? answer.text, answer.undo);
    return !answer.problem;
}

// What the page came with goes after the same time, or as long as it can be undone.
noticeTimer = setTimeout(
    () => document.querySelector('[data-notice]')?.replaceChildren(),
    Math.max(noticeTime, 1000 * (document.querySelector('[data-notice] form')?.dataset.seconds ?? 0)));

document.addEventListener('submit', async event => {
    const form = event.target;
    if (!form.matches('[data-notice] form') || form.action.endsWith('/unsend')) {
        return;
    }
    event.preventDefault();
    if (told(await post(form.action, new FormData(form)))) {
        document.dispatchEvent(new Event('mailchanged'));
    }
});
