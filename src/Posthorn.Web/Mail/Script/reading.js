// A message opens beside the list, which stays as it is; the address and the back button follow.

/** Null, or the link that a click follows in this window. */
function followed(event, selector) {
    const link = event.target.closest(selector);
    return !link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey ? null : link;
}

function readingBeside() {
    const mail = document.querySelector('[data-mail]');
    let asked = null, readTimer = 0;

    readLater(document.querySelector('[data-message]'));

    document.addEventListener('click', event => {
        const link = followed(event, '[data-rows] li a, a[data-pane], [data-message] a.back');
        if (!link || link.pathname.endsWith('/edit')) {
            return;
        }
        event.preventDefault();
        if (link.matches('.back')) {
            close();
        } else {
            open(link.pathname, link.search);
        }
    });

    document.addEventListener('submit', async event => {
        const form = event.target, button = event.submitter;
        const pane = form.closest('[data-message]');
        if (!pane || !form.matches('.tools') || !button || button.formAction.endsWith('/pictures')) {
            return;
        }
        event.preventDefault();
        closeMenus(form);
        const action = new URL(button.hasAttribute('formaction') ? button.formAction : form.action).pathname;
        const fields = [['uid', pane.dataset.place], [button.name, button.value], ['until', form.elements.until?.value ?? '']].filter(([name]) => name);
        if (!told(await post(action, fields))) {
            return;
        }
        if (action.endsWith('/read')) {
            isRead(pane);
        } else if (/\/(un)?flag$/.test(action)) {
            show(location.pathname, location.search);
        } else {
            close();
        }
        document.dispatchEvent(new Event('mailchanged'));
    });

    /** A reader who wishes so has some seconds to look at a message before it counts as read. */
    function readLater(pane) {
        clearTimeout(readTimer);
        if (pane?.dataset.readAfter) {
            readTimer = setTimeout(async () => {
                const action = new URL(pane.querySelector('[data-mark=read]').formAction).pathname;
                if (pane.isConnected && !(await post(action, [])).problem) {
                    isRead(pane);
                    document.dispatchEvent(new Event('mailchanged'));
                }
            }, 1000 * pane.dataset.readAfter);
        }
    }

    function isRead(pane) {
        clearTimeout(readTimer);
        for (const button of pane.querySelectorAll('[data-mark]')) {
            button.hidden = button.dataset.mark === 'read';
        }
    }

    function placeOf(path) {
        const [, app, box, uid] = path.split('/');
        return app === 'mail' && uid ? `${box}.${uid}` : null;
    }

    function open(path, search) {
        history.pushState({ list: list.address }, '', path + search.replace(/[?&]page=\d+/, ''));
        show(path, search);
    }

    async function show(path, search) {
        const request = asked = new AbortController();
        list.opened(placeOf(path));
        try {
            const answer = await part(`${path}/pane${search}`, request.signal);
            const fresh = answer?.querySelector('[data-message]');
            if (asked !== request) {
                return;
            }
            if (!fresh) {
                // It went elsewhere since: the list says what is here.
                history.replaceState({ list: list.address }, '', list.address);
                hide();
                tell(texts.gone);
                return;
            }
            document.querySelector('[data-message]').replaceWith(fresh);
            readLater(fresh);
            mail.classList.replace('listing', 'reading');
            const subject = fresh.querySelector('#subject');
            document.title = `${subject.textContent} · Posthorn`;
            // The reader of a screen hears what opened; keys go on in the list where it is in sight.
            if (!document.querySelector('[data-list]').checkVisibility()) {
                subject.focus({ preventScroll: true });
            }
        } catch (failure) {
            if (failure.name !== 'AbortError') {
                tell(texts.offline);
            }
        }
    }

    function close() {
        history.pushState({ list: list.address }, '', list.address);
        hide();
    }

    function hide() {
        asked = null;
        clearTimeout(readTimer);
        list.opened(null);
        mail.classList.replace('reading', 'listing');
        document.title = list.title;
        document.querySelector('[data-message]').replaceWith(document.querySelector('[data-none]').content.cloneNode(true));
    }

    return {
        hide,
        /** What the address names, after the browser went back or forward. */
        follow() {
            placeOf(location.pathname) ? show(location.pathname, location.search) : hide();
        },
    };
}
