// A message being written: saved as one writes, files go up at once, nothing is lost with the connection.

const saveAfter = 2000, tryAgainAfter = 5000;

// The form with mail is on its way, and the answer is another page: pressed again it would send the mail again.
let isLeaving = false;
addEventListener('pageshow', () => isLeaving = false);
// Stopped by the reader: the page is still this one.
window.navigation?.addEventListener('navigateerror', () => isLeaving = false);
document.addEventListener('submit', event => event.target.matches('.quick-reply form') && leaveOnce(event));

/** False: it is leaving already. */
function leaveOnce(event) {
    if (isLeaving) {
        event.preventDefault();
        return false;
    }
    return isLeaving = true;
}

function writing(form) {
    const saved = form.querySelector('[data-saved]'), files = form.querySelector('[data-files]');
    const chooser = form.elements.files, progress = form.querySelector('[data-progress]'), howFar = form.querySelector('[data-progress-text]'), stop = form.querySelector('[data-cancel]');
    // Changes that were made, and how many of them the server has.
    let timer = 0, running = null, changes = 0, taken = 0;

    for (const button of form.querySelectorAll('[data-plain]')) {
        button.hidden = true;
    }
    chooser.classList.add('unseen');
    const editor = richText(form, () => changed(saveAfter));
    signatures(form, editor);
    form.addEventListener('input', event => {
        if (event.target !== chooser) {
            changed(saveAfter);
        }
    });
    chooser.addEventListener('change', () => {
        if (chooser.files.length > 0) {
            changed(0);
        }
    });
    form.addEventListener('submit', event => {
        editor.store();
        if (running && event.submitter?.value !== 'discard') {
            // A save on its way would leave a second draft behind.
            event.preventDefault();
            // A file that was cancelled or is too large: whoever sends is told first that it is not there.
            running.then(isWhole => isWhole && form.requestSubmit(event.submitter));
            return;
        }
        if (leaveOnce(event)) {
            clearTimeout(timer);
        }
    });
    addEventListener('beforeunload', event => {
        if (changes > taken && !isLeaving) {
            event.preventDefault();
        }
    });
    // The browser knows of its own connection: what waits goes up as soon as it is back.
    addEventListener('online', () => {
        if (changes > taken) {
            saveIn(0);
        }
    });
    for (const kind of ['dragover', 'drop']) {
        form.addEventListener(kind, event => {
            if (!event.dataTransfer?.types.includes('Files')) {
                return;
            }
            event.preventDefault();
            form.classList.toggle('over', kind === 'dragover');
            if (kind === 'drop' && !editor.takePictures(event, event.dataTransfer.files)) {
                chooser.files = event.dataTransfer.files;
                changed(0);
            }
        });
    }
    form.addEventListener('dragleave', event => {
        if (!form.contains(event.relatedTarget)) {
            form.classList.remove('over');
        }
    });
    form.addEventListener('paste', event => {
        if (event.clipboardData?.files.length > 0) {
            event.preventDefault();
            if (!editor.takePictures(event, event.clipboardData.files)) {
                chooser.files = event.clipboardData.files;
                changed(0);
            }
        }
    });
    form.addEventListener('keydown', event => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            form.requestSubmit(form.querySelector('button[value=send]'));
        }
    });
    addresses(form);

    function changed(delay) {
        changes++;
        saveIn(delay);
    }

    function saveIn(delay) {
        clearTimeout(timer);
        timer = setTimeout(save, delay);
    }

    function save() {
        if (running) {
            saveIn(saveAfter);
            return;
        }
        const upTo = changes;
        editor.store();
        const sent = new FormData(form);
        sent.set('do', 'save');
        sent.delete('until');
        const hasFiles = chooser.files.length > 0;
        progress.hidden = stop.hidden = !hasFiles;
        progress.value = 0;
        running = send(sent).then(answer => {
            if (answer.problem) {
                saved.textContent = answer.problem;
            } else {
                taken = upTo;
                form.elements.draft.value = answer.draft;
                saved.textContent = answer.lacking ?? texts.saved;
                form.elements.lacks.value = answer.lacking ? 'true' : '';
                show(answer.files);
            }
            if (hasFiles) {
                chooser.value = '';
            }
            if (answer.isCancelled) {
                // Nothing of it was saved, the text neither.
                saveIn(saveAfter);
                chooser.focus();
            }
            return !answer.problem;
        }, () => {
            saved.textContent = texts.unsaved;
            saveIn(tryAgainAfter);
            return true;
        }).finally(() => {
            progress.hidden = stop.hidden = true;
            howFar.textContent = '';
            running = null;
        });
    }

    function send(body) {
        return new Promise((resolve, reject) => {
            const request = new XMLHttpRequest();
            stop.onclick = () => request.abort();
            request.addEventListener('abort', () => resolve({ problem: texts.cancelled, isCancelled: true }));
            // All of it is there: the draft is being saved, and a second one would stay behind if that were given up.
            request.upload.addEventListener('load', () => stop.hidden = true);
            request.open('POST', form.action);
            request.setRequestHeader('Accept', 'application/json');
            request.upload.addEventListener('progress', event => {
                const part = event.lengthComputable ? Math.round(100 * event.loaded / event.total) : 0;
                progress.value = part;
                howFar.textContent = progress.hidden ? '' : `${part} %`;
            });
            request.addEventListener('load', () => {
                if (request.status === 413) {
                    resolve({ problem: request.responseText });
                } else {
                    try {
                        resolve(JSON.parse(request.responseText));
                    } catch (broken) {
                        reject(broken);
                    }
                }
            });
            request.addEventListener('error', reject);
            request.send(body);
        });
    }

    function show(list) {
        files.replaceChildren(...list.map(file => {
            const item = document.createElement('li'), label = document.createElement('label');
            const box = document.createElement('input'), size = document.createElement('span');
            Object.assign(box, { type: 'checkbox', name: 'keep', value: file.index, checked: true });
            label.className = 'inline';
            size.className = 'soft';
            size.textContent = file.size;
            label.append(box, ` ${file.name} `, size);
            item.append(label);
            return item;
        }));
    }
}

/** Whom one wrote to before, for the last address of a field. */
function addresses(form) {
    const known = form.querySelector('#known');
    let asking = 0;
    for (const field of form.querySelectorAll('[data-addresses]')) {
        field.addEventListener('input', () => {
            clearTimeout(asking);
            const at = field.value.lastIndexOf(',') + 1;
            const before = at > 0 ? field.value.slice(0, at) + ' ' : '', typed = field.value.slice(at).trim();
            if (typed.length < 2) {
                known.replaceChildren();
                return;
            }
            asking = setTimeout(async () => {
                try {
                    const answer = await fetch(`/mail/addresses?q=${encodeURIComponent(typed)}`, { headers: { Accept: 'application/json' } });
                    known.replaceChildren(...(await answer.json()).map(one => {
                        const option = document.createElement('option');
                        option.value = before + (one.address.startsWith(typed.toLowerCase()) ? one.address : one.shown);
                        option.label = one.shown;
                        return option;
                    }));
                } catch {
                    known.replaceChildren();
                }
            }, 150);
        });
    }
}
