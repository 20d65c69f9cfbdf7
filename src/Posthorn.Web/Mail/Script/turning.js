// Another list, of a folder or of hits, takes the place of the one that is shown: the rest of the page stays and is not loaded anew. The address and the back button follow.

function turning(reading) {
    const tree = document.querySelector('[data-folders]'), search = document.querySelector('[data-search]');
    let asked = null;
    remember({ list: list.address });

    document.addEventListener('click', event => {
        const link = followed(event, 'a[data-folder], [data-list] .pages a');
        if (link) {
            event.preventDefault();
            turn(link.pathname + link.search);
        }
    });
    search.addEventListener('submit', event => {
        const words = search.elements.q.value;
        if (words.trim()) {
            event.preventDefault();
            turn(`/mail/search?${new URLSearchParams({ q: words })}`);
        }
    });
    addEventListener('popstate', async event => {
        const { list: address, top } = event.state ?? {};
        if (address && address !== list.address) {
            if (!await take(address)) {
                return;
            }
            list.top = top ?? 0;
        }
        reading.follow();
    });

    async function turn(address) {
        remember({ top: list.top });
        if (await take(address)) {
            const isHere = list.address === location.pathname + location.search;
            history[isHere ? 'replaceState' : 'pushState']({ list: list.address }, '', list.address);
            reading.hide();
            // Keys go on in the list, and the reader of a screen hears which one it is.
            document.querySelector('[data-list] h1').focus({ preventScroll: true });
        }
    }

    function remember(more) {
        history.replaceState({ ...history.state, ...more }, '');
    }

    /** False: it did not come, or one that was asked for later takes its place. */
    async function take(address) {
        asked?.abort();
        const request = asked = new AbortController(), old = document.querySelector('[data-list]');
        const [path, query = ''] = address.split('?');
        old.ariaBusy = 'true';
        try {
            const fresh = (await part(`${path}/list?${query}`, request.signal))?.querySelector('[data-list]');
            if (!fresh) {
                // The page itself says why.
                location.assign(address);
                return false;
            }
            // What was just done can still be undone.
            fresh.querySelector('[data-notice]').replaceWith(old.querySelector('[data-notice]'));
            list.leave();
            old.replaceWith(fresh);
            list = endlessList(fresh);
            atFolder(list.base.split('/').pop());
            search.elements.q.value = new URLSearchParams(query).get('q') ?? '';
            document.title = list.title;
            document.dispatchEvent(new Event('turned'));
            return true;
        } catch (failure) {
            if (failure.name !== 'AbortError') {
                old.ariaBusy = null;
                tell(texts.offline);
            }
            return false;
        }
    }

    /** Marks the folder that is shown; 0: none. */
    function atFolder(folder) {
        tree.dataset.folders = `/mail/folders/tree${folder === '0' ? '' : `?at=${folder}`}`;
        for (const link of tree.querySelectorAll('a[data-folder]')) {
            if (link.dataset.folder === folder) {
                link.setAttribute('aria-current', 'page');
            } else {
                link.removeAttribute('aria-current');
            }
        }
    }
}
