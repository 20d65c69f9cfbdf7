// Text with looks: the browser's own editing, and buttons for what mail needs. What it gives is cleaned by the server.

const largestPicture = 4 * 1024 * 1024;

function richText(form, changed) {
    const editor = form.querySelector('[data-editor]'), sheet = form.querySelector('[data-sheet]');
    const html = form.querySelector('[data-html]'), plain = form.querySelector('[data-text]'), format = form.elements.format;
    const toRich = form.querySelector('[data-look=rich]');

    document.execCommand('defaultParagraphSeparator', false, 'div');
    // A draft goes on as it was written; a new message as its writer likes it. The field has a value only where the browser filled it in again.
    if (format.value === 'rich' || (format.value === '' && ('rich' in editor.dataset || ('startsRich' in form.dataset && !form.elements.draft?.value)))) {
        rich(html.value || asHtml(plain.value.replace(/^\n/, '')));
    } else {
        format.value = 'plain';
        toRich.hidden = false;
    }

    sheet.addEventListener('input', changed);
    sheet.addEventListener('keydown', event => {
        if ((event.ctrlKey || event.metaKey) && event.key === 'k') {
            event.preventDefault();
            look('link');
        }
    });
    // What is pasted comes with its words and the simplest of its looks; the server takes away what is not harmless.
    sheet.addEventListener('paste', event => {
        const pasted = event.clipboardData.getData('text/html');
        if (event.clipboardData.files.length === 0 && pasted) {
            event.preventDefault();
            document.execCommand('insertHTML', false, simple(pasted));
        }
    });
    for (const button of form.querySelectorAll('[data-look]')) {
        button.addEventListener('mousedown', event => event.preventDefault());
        button.addEventListener('click', () => look(button.dataset.look));
    }
    form.querySelector('[data-picture]')?.addEventListener('change', event => {
        pictures(event.target.files);
        event.target.value = '';
    });
    document.addEventListener('selectionchange', () => {
        if (sheet.contains(document.getSelection().anchorNode)) {
            for (const button of form.querySelectorAll('[data-look]')) {
                if (/^(bold|italic|insert)/.test(button.dataset.look)) {
                    button.ariaPressed = document.queryCommandState(button.dataset.look);
                }
            }
        }
    });

    function look(kind) {
        if (kind === 'plain') {
            plain.value = sheet.innerText;
            editor.hidden = true;
            plain.hidden = false;
            toRich.hidden = false;
            format.value = 'plain';
            plain.focus();
            changed();
            return;
        }
        if (kind === 'rich') {
            rich(asHtml(plain.value));
            sheet.focus();
            changed();
            return;
        }
        sheet.focus();
        if (kind === 'quote') {
            const inside = document.getSelection().anchorNode?.parentElement?.closest('blockquote');
            document.execCommand(inside && sheet.contains(inside) ? 'outdent' : 'formatBlock', false, 'blockquote');
        } else if (kind === 'link') {
            const address = prompt(form.querySelector('[data-look=link]').dataset.ask, 'https://');
            if (address && /^(https?:\/\/|mailto:)./i.test(address)) {
                document.getSelection().isCollapsed ? document.execCommand('insertHTML', false, linkTo(address)) : document.execCommand('createLink', false, address);
            }
        } else {
            document.execCommand(kind);
        }
        changed();
    }

    function rich(text) {
        sheet.innerHTML = simple(text);
        editor.hidden = false;
        plain.hidden = true;
        toRich.hidden = true;
        format.value = 'rich';
        if (form.elements.to?.value) {
            sheet.focus();
            document.getSelection().collapse(sheet, 0);
        }
    }

    /** Without styles, classes and names: they would meet those of the page. */
    function simple(text) {
        const parsed = new DOMParser().parseFromString(text, 'text/html');
        for (const element of parsed.body.querySelectorAll('*')) {
            if (element.matches('style, script, link, meta, iframe, object, embed, form, input, button, textarea, select, svg, math, base, title')) {
                element.remove();
                continue;
            }
            for (const { name } of [...element.attributes]) {
                if (!['href', 'src', 'alt', 'width', 'height', 'colspan', 'rowspan', 'dir'].includes(name)) {
                    element.removeAttribute(name);
                }
            }
            if (element.hasAttribute('href') && !/^(https?:|mailto:)/i.test(element.getAttribute('href').trim())) {
                element.removeAttribute('href');
            }
            if (element.hasAttribute('src') && !/^(data:image\/(png|jpeg|gif|webp);|cid:|https?:)/i.test(element.getAttribute('src').trim())) {
                element.remove();
            }
        }
        return parsed.body.innerHTML;
    }

    function asHtml(text) {
        const holder = document.createElement('div');
        for (const line of text.split('\n')) {
            const row = document.createElement('div');
            line ? row.append(line) : row.append(document.createElement('br'));
            holder.append(row);
        }
        return holder.innerHTML;
    }

    function linkTo(address) {
        const link = document.createElement('a');
        link.href = address;
        link.textContent = address;
        return link.outerHTML;
    }

    /** False: they are files, not pictures for the text. */
    function pictures(list) {
        const wanted = [...list].filter(file => /^image\/(png|jpeg|gif|webp)$/.test(file.type) && file.size <= largestPicture);
        if (editor.hidden || wanted.length === 0 || wanted.length < list.length) {
            return false;
        }
        for (const file of wanted) {
            const reader = new FileReader();
            reader.addEventListener('load', () => {
                sheet.focus();
                const picture = document.createElement('img');
                picture.src = reader.result;
                picture.alt = file.name;
                document.execCommand('insertHTML', false, picture.outerHTML);
                changed();
            });
            reader.readAsDataURL(file);
        }
        return true;
    }

    return {
        /** Into the field that the form sends. */
        store() {
            if (!editor.hidden) {
                html.value = sheet.innerHTML;
                plain.value = '';
            }
        },
        takePictures: (event, list) => sheet.contains(event.target) && pictures(list),
        isRich: () => !editor.hidden,
        sheet,
        plain,
    };
}

/** The signature follows the address that is sent from; one that its writer changed stays. */
function signatures(form, editor) {
    const known = JSON.parse(form.dataset.signatures ?? '{}'), from = form.elements.from;
    let now = known[from?.value];
    from?.addEventListener('change', () => {
        const next = known[from.value];
        if (editor.isRich()) {
            exchange(next);
        } else if (now && editor.plain.value.includes(now.text)) {
            editor.plain.value = editor.plain.value.replace(now.text, next?.text ?? '');
        } else if (!now && next) {
            editor.plain.value += `\n${next.text}`;
        }
        now = next;
        form.dispatchEvent(new Event('input'));
    });

    function exchange(next) {
        const block = now && [...editor.sheet.querySelectorAll('div')].find(element => words(element) === words(elementOf(now)));
        if (block) {
            next ? block.replaceWith(elementOf(next)) : block.remove();
        } else if (!now && next) {
            const quote = 'signatureBelow' in form.dataset ? null : editor.sheet.querySelector(':scope > blockquote');
            quote ? (quote.previousElementSibling ?? quote).before(elementOf(next)) : editor.sheet.append(elementOf(next));
        }
    }

    function elementOf(signature) {
        const holder = document.createElement('template');
        holder.innerHTML = signature.html;
        return holder.content.firstElementChild;
    }

    function words(element) {
        return element.textContent.replace(/\s+/g, '');
    }
}

/** A signature in its own form. */
function signing(form) {
    const editor = richText(form, () => {});
    form.addEventListener('submit', () => editor.store());
}
