// How the page talks to its server: as its forms do, with the answer for a script.

const texts = document.querySelector('[data-texts]')?.dataset ?? {};

function token() {
    return document.querySelector('input[name=__RequestVerificationToken]')?.value ?? '';
}

/** Part of a page as elements. Null: it is gone. */
async function part(address, signal) {
    const answer = await fetch(address, { headers: { Accept: 'text/html' }, signal });
    leaveWhenSignedOut(answer);
    if (!answer.ok) {
        return null;
    }
    const holder = document.createElement('template');
    holder.innerHTML = await answer.text();
    return holder.content;
}

/** A form's fields, pairs of name and value; the token goes with them, once. */
async function post(address, fields) {
    const body = new URLSearchParams([...fields]);
    body.set('__RequestVerificationToken', token());
    const answer = await fetch(address, { method: 'POST', body, headers: { Accept: 'application/json' } });
    leaveWhenSignedOut(answer);
    if (answer.headers.get('Content-Type')?.startsWith('application/json')) {
        return answer.json();
    }
    return { problem: answer.ok ? null : await answer.text() };
}

function leaveWhenSignedOut(answer) {
    if (answer.redirected && new URL(answer.url).pathname === '/signin') {
        location.assign(answer.url);
    }
}
