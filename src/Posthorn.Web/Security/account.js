// What makes the account pages more comfortable. Passkeys alone need it: the browser gives them to scripts only.
(() => {
    'use strict';

    for (const meter of document.querySelectorAll('[data-strength]')) {
        strength(meter);
    }
    for (const button of document.querySelectorAll('[data-print]')) {
        button.hidden = false;
        button.addEventListener('click', () => print());
    }
    for (const button of document.querySelectorAll('[data-copy]')) {
        button.hidden = !navigator.clipboard;
        button.addEventListener('click', async () => {
            await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.replace(/\s+/g, ''));
            button.textContent = button.dataset.copied;
        });
    }
    if (window.PublicKeyCredential?.parseCreationOptionsFromJSON && navigator.credentials) {
        for (const form of document.querySelectorAll('form[data-passkey]')) {
            passkey(form);
        }
    }

    // The sums of Core/Security/PasswordStrength.cs; what is common is known to the server alone.
    function strength(meter) {
        const field = document.getElementById(meter.dataset.strength), words = meter.dataset.words.split('|');
        const bar = meter.querySelector('meter'), text = meter.querySelector('span');
        const rows = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'qwertzuiopü', 'asdfghjklöä', 'yxcvbnm', 'zxcvbnm'];
        const local = meter.dataset.address.split('@')[0].toLowerCase();
        field.addEventListener('input', () => {
            const level = levelOf(field.value);
            meter.hidden = field.value.length === 0;
            bar.value = level;
            text.textContent = words[level];
        });

        function levelOf(password) {
            const letters = [...password], folded = [...password.toLowerCase()];
            if (letters.length < 8) {
                return 0;
            }
            if (local.length >= 4 && password.toLowerCase().includes(local) && password.length - local.length <= 4) {
                return 1;
            }
            const pool = (/[a-z]/.test(password) ? 26 : 0) + (/[A-Z]/.test(password) ? 26 : 0) + (/[0-9]/.test(password) ? 10 : 0)
                + (/[\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]/.test(password) ? 33 : 0) + (/[^\x00-\x7f]/.test(password) ? 100 : 0);
            let count = 0;
            folded.forEach((letter, i) => { count += i > 0 && isNext(folded[i - 1], letter) ? 0.25 : 1; });
            const bits = count * Math.log2(Math.max(pool, 2));
            return bits < 30 ? 1 : bits < 50 ? 2 : bits < 70 ? 3 : 4;
        }

        function isNext(before, letter) {
            return before === letter || rows.some(row => row.includes(before) && row.includes(letter) && Math.abs(row.indexOf(before) - row.indexOf(letter)) === 1);
        }
    }

    // The form's own submit comes last, when the authenticator has answered the server's question.
    function passkey(form) {
        const problem = form.querySelector('[data-problem]');
        form.hidden = false;
        for (const instead of document.querySelectorAll('[data-no-passkey]')) {
            instead.hidden = true;
        }
        form.addEventListener('submit', async event => {
            event.preventDefault();
            problem.hidden = true;
            try {
                const answer = await fetch(form.dataset.passkey, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
                if (answer.status === 422) {
                    tell((await answer.json()).text);
                    return;
                }
                if (!answer.ok) {
                    throw new Error(answer.status);
                }
                const question = await answer.json();
                const credential = 'makes' in form.dataset
                    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(question) })
                    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(question) });
                form.elements.credential.value = JSON.stringify(credential.toJSON());
                HTMLFormElement.prototype.submit.call(form);
            } catch {
                // The person gave up, or the authenticator has nothing for us.
                tell(problem.dataset.problem);
            }
        });

        function tell(text) {
            problem.textContent = text;
            problem.hidden = false;
        }
    }
})();
