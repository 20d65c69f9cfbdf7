// Folders and list follow what happens in the mailbox, on whichever device. A lost connection says so quietly, and goes on by itself.

const notifyKey = 'posthorn.notify';

function living() {
    const tree = document.querySelector('[data-folders]'), offline = document.querySelector('[data-connection]');
    let pending = false, again = false, shown = '', unread = unreadOf(tree);
    listen();
    // A page that a step back shows again as it was left hears what it missed.
    addEventListener('pageshow', event => event.persisted && listen());
    document.addEventListener('mailchanged', refresh);
    document.addEventListener('mailcount', event => {
        const count = document.querySelector('[data-count]');
        if (count) {
            count.textContent = (count.dataset.talks ?? (event.detail === 1 ? texts.one : texts.many)).replace('{0}', event.detail.toLocaleString(document.documentElement.lang));
        }
    });

    function listen() {
        // The address says what the page shows: what came since is told at once.
        const news = new EventSource(tree.dataset.events);
        news.addEventListener('changed', refresh);
        news.addEventListener('open', () => {
            if (!offline.hidden) {
                offline.hidden = true;
                refresh();
            }
        });
        news.addEventListener('error', () => {
            offline.hidden = false;
            // A server that refuses ends the stream for good; one that is away does not.
            if (news.readyState === EventSource.CLOSED) {
                setTimeout(() => location.reload(), 30000);
            }
        });
        addEventListener('pagehide', () => news.close(), { once: true });
    }

    async function refresh() {
        if (pending) {
            again = true;
            return;
        }
        pending = true;
        try {
            const fresh = await part(tree.dataset.folders);
            // As long as it says the same, it stays under the pointer.
            const said = fresh && [...fresh.children].map(child => child.outerHTML).join('');
            if (fresh && said !== shown) {
                shown = said;
                const focused = tree.contains(document.activeElement) ? document.activeElement.dataset.folder : null;
                tree.replaceChildren(fresh);
                tree.querySelector(`[data-folder="${focused}"]`)?.focus();
                prepare();
                await announce();
            }
            await list?.refresh();
        } catch {
            // No connection: the stream comes back by itself, and then this does.
        }
        pending = false;
        if (again) {
            again = false;
            refresh();
        }
    }

    function prepare() {
        for (const link of tree.querySelectorAll('a[data-folder]')) {
            link.draggable = !link.dataset.fixed;
        }
    }
    prepare();

    function unreadOf(from) {
        return +(from.querySelector('[data-name=INBOX] .count')?.textContent ?? 0);
    }

    async function announce() {
        const now = unreadOf(tree), inbox = tree.querySelector('[data-name=INBOX]')?.dataset.folder;
        if (now > unread && inbox && localStorage.getItem(notifyKey) && Notification.permission === 'granted' && document.hidden) {
            const newest = (await part(`/mail/${inbox}/rows?first=0&count=1`))?.querySelector('li.unread');
            if (newest) {
                const note = new Notification(newest.querySelector('.who').textContent.trim(), { body: newest.querySelector('.subject').lastChild.textContent.trim(), tag: newest.dataset.id });
                note.addEventListener('click', () => { focus(); location.assign(newest.querySelector('a').href); });
            }
        }
        unread = now;
    }

    document.addEventListener('turned', ring);
    ring();

    /** The bell is in the menu of a list. */
    function ring() {
        const bell = document.querySelector('[data-notify]');
        if (!bell || !('Notification' in window) || Notification.permission === 'denied') {
            return;
        }
        bell.hidden = false;
        say(bell);
        bell.addEventListener('click', async () => {
            if (localStorage.getItem(notifyKey)) {
                localStorage.removeItem(notifyKey);
            } else if (await Notification.requestPermission() === 'granted') {
                localStorage.setItem(notifyKey, 'on');
            }
            say(bell);
        });
    }

    function say(bell) {
        bell.querySelector('span').textContent = localStorage.getItem(notifyKey) ? texts.notifyOff : texts.notifyOn;
    }
}
