// The list without end: rows are fetched in parts as they come into sight, and only those in sight are in the page.

const chunkSize = 50, overscan = 15, keptRows = 3000;
// Browsers have a longest element; older messages than fit are found by search.
const longest = 15000000;

/** What is shown beside the folders; null on a page without a list. Another takes its place in turning.js. */
let list = null;

function endlessList(pane) {
    const form = pane.querySelector('form.rows'), scroller = pane.querySelector('[data-rows]');
    const items = scroller.querySelector('ul');
    const base = pane.dataset.list, isOfHits = base === '/mail/0';
    const rows = new Map(), running = new Map(), chosen = new Set();
    const saidBy = new WeakMap();
    let total = +items.dataset.total, height = 0, whole = false, last = -1, openPlace = null, isDrawing = false;

    pane.querySelector('[data-pages]')?.setAttribute('hidden', '');
    take(items, +items.dataset.first);
    openPlace = items.querySelector('[aria-current=true]')?.closest('li').dataset.id ?? null;
    measure();
    scroller.addEventListener('scroll', () => requestAnimationFrame(draw), { passive: true });
    const size = new ResizeObserver(() => { measure(); draw(); });
    size.observe(scroller);
    items.classList.add('endless');
    items.setAttribute('role', 'list');
    if (+items.dataset.first > 0) {
        draw();
        scroller.scrollTop = +items.dataset.first * height;
    }
    draw();

    function measure() {
        const row = items.querySelector('li') ?? items.appendChild(document.createElement('li'));
        height = row.getBoundingClientRect().height || height || 76;
        if (!row.dataset.id && !rows.size) {
            row.remove();
        }
        items.style.height = `${Math.min(total * height, longest)}px`;
    }

    /** Rows of an answer, from this position on. Those that say what they said before stay the same elements: a pointer or a focus on them stays too. */
    function take(from, first, before = new Map()) {
        [...from.querySelectorAll(':scope > li')].forEach((row, index) => {
            const said = row.className + row.innerHTML, old = before.get(row.dataset.id);
            const kept = old && saidBy.get(old) === said ? old : row;
            saidBy.set(kept, said);
            kept.draggable = true;
            rows.set(first + index, kept);
        });
    }

    function range() {
        const from = Math.floor(scroller.scrollTop / height), count = Math.ceil(scroller.clientHeight / height) || 10;
        return [Math.max(0, from - overscan), Math.min(total, from + count + overscan)];
    }

    function draw() {
        if (isDrawing || !height || !pane.isConnected) {
            return;
        }
        isDrawing = true;
        const [from, to] = range(), shown = new Set();
        for (let chunk = Math.floor(from / chunkSize); chunk * chunkSize < to; chunk++) {
            fill(chunk);
        }
        for (const [chunk, request] of running) {
            if ((chunk + 1) * chunkSize < from || chunk * chunkSize > to) {
                request.abort();
            }
        }
        let before = null;
        for (let at = from; at < to; at++) {
            const row = rows.get(at) ?? blank(at);
            shown.add(row);
            row.style.transform = `translateY(${at * height}px)`;
            row.ariaPosInSet = at + 1;
            row.ariaSetSize = total;
            mark(row);
            const next = before ? before.nextSibling : items.firstChild;
            if (next !== row) {
                items.insertBefore(row, next);
            }
            before = row;
        }
        for (const row of [...items.children]) {
            // The focus is not lost by scrolling; what is gone goes all the same.
            if (!shown.has(row) && !(row.contains(document.activeElement) && positionOf(row) >= 0)) {
                row.remove();
            }
        }
        isDrawing = false;
    }

    const blanks = new Map();
    function blank(at) {
        let row = blanks.get(at);
        if (!row) {
            row = document.createElement('li');
            row.className = 'blank';
            blanks.set(at, row);
        }
        return row;
    }

    function mark(row) {
        const box = row.querySelector('input[type=checkbox]'), link = row.querySelector('a');
        if (box) {
            box.checked = whole || chosen.has(row.dataset.id);
            if (row.dataset.id === openPlace) {
                link.setAttribute('aria-current', 'true');
            } else {
                link.removeAttribute('aria-current');
            }
        }
    }

    async function fill(chunk, isAnew = false) {
        const first = chunk * chunkSize;
        if (running.has(chunk) || first >= total || (!isAnew && rows.has(first) && rows.has(Math.min(total, first + chunkSize) - 1))) {
            return;
        }
        const request = new AbortController();
        running.set(chunk, request);
        try {
            const answer = await part(`${pane.dataset.rowsAt}first=${first}&count=${chunkSize}`, request.signal);
            const fresh = answer?.querySelector('ul');
            if (fresh) {
                if (rows.size > keptRows) {
                    forget();
                }
                keepFocus(() => {
                    const before = new Map([...rows.values()].map(row => [row.dataset.id, row]));
                    for (let at = first; at < first + chunkSize; at++) {
                        rows.delete(at);
                        blanks.delete(at);
                    }
                    take(fresh, first, before);
                    setTotal(+fresh.dataset.total);
                });
            }
        } catch (failure) {
            if (failure.name !== 'AbortError') {
                // No connection: the stream of news says when it is back.
            }
        } finally {
            running.delete(chunk);
            requestAnimationFrame(draw);
        }
    }

    function forget() {
        const [from, to] = range();
        for (const at of [...rows.keys()]) {
            if (at < from - chunkSize || at > to + chunkSize) {
                rows.delete(at);
            }
        }
    }

    function setTotal(count) {
        if (count !== total) {
            for (let at = count; at < total; at++) {
                rows.delete(at);
            }
            total = count;
            items.style.height = `${Math.min(total * height, longest)}px`;
            document.dispatchEvent(new CustomEvent('mailcount', { detail: total }));
        }
        scroller.querySelector('.empty')?.toggleAttribute('hidden', total > 0);
    }

    function keepFocus(change) {
        const focused = items.contains(document.activeElement) ? document.activeElement : null;
        const place = focused?.closest('li')?.dataset.id, selector = focused?.matches('input') ? 'input' : focused?.matches('button') ? `button[value="${focused.value}"]` : 'a';
        change();
        draw();
        if (place && document.activeElement !== focused || focused && !items.contains(focused)) {
            (items.querySelector(`li[data-id="${place}"] ${selector}`) ?? items.querySelector(`li[data-id="${place}"] a`))?.focus({ preventScroll: true });
        }
    }

    /** What is in sight is asked for anew; what the reader looks at stays where it is. */
    async function refresh() {
        const top = Math.floor(scroller.scrollTop / height), anchor = scroller.scrollTop > 0 ? rows.get(top)?.dataset.id : null;
        const [from, to] = range();
        for (const at of [...rows.keys()]) {
            if (at < from || at >= to) {
                rows.delete(at);
            }
        }
        const chunks = [];
        for (let chunk = Math.floor(from / chunkSize); chunk * chunkSize < Math.max(to, 1); chunk++) {
            chunks.push(chunk);
        }
        if (total === 0) {
            total = 1;
        }
        await Promise.all(chunks.map(chunk => fill(chunk, true)));
        if (anchor) {
            for (const [at, row] of rows) {
                if (row.dataset.id === anchor && at !== top) {
                    scroller.scrollTop += (at - top) * height;
                    break;
                }
            }
        }
        draw();
    }

    // Ticks: one, a range with the shift key, all.
    const all = pane.querySelector('[data-all]'), label = pane.querySelector('[data-chosen]');
    function count() {
        const number = whole ? total : chosen.size;
        form.classList.toggle('ticked', number > 0);
        label.textContent = number > 0 ? texts.chosen.replace('{0}', number.toLocaleString(document.documentElement.lang)) : '';
        all.checked = whole || isOfHits && number > 0 && number >= total;
        all.indeterminate = !all.checked && number > 0;
    }
    function choose(nothing) {
        if (nothing) {
            chosen.clear();
            whole = false;
        }
        for (const row of items.children) {
            mark(row);
        }
        count();
    }
    all.addEventListener('change', async () => {
        const isTicked = all.checked;
        chosen.clear();
        whole = isTicked && !isOfHits;
        if (isTicked && isOfHits) {
            // No folder holds them: each is named.
            for (const place of await places(0, total)) {
                chosen.add(place);
            }
        }
        choose();
    });
    items.addEventListener('click', async event => {
        const box = event.target.closest('input[type=checkbox]');
        if (!box) {
            return;
        }
        // What a draw finds ticked it shows so, and one may come before the answer below: the box is asked at once.
        const row = box.closest('li'), at = positionOf(row), isTicked = box.checked;
        if (whole) {
            whole = false;
        }
        if (event.shiftKey && last >= 0 && last !== at) {
            const first = Math.min(last, at), many = Math.abs(last - at) + 1;
            for (const place of await places(first, many)) {
                isTicked ? chosen.add(place) : chosen.delete(place);
            }
        } else {
            isTicked ? chosen.add(row.dataset.id) : chosen.delete(row.dataset.id);
        }
        last = at;
        choose();
    });

    /** Names of the messages in these lines, in sight or not. */
    async function places(first, many) {
        const answer = await fetch(`${pane.dataset.placesAt}first=${first}&count=${many}`);
        return answer.ok ? answer.json() : [];
    }

    function positionOf(row) {
        for (const [at, known] of rows) {
            if (known === row) {
                return at;
            }
        }
        return -1;
    }

    form.addEventListener('submit', async event => {
        event.preventDefault();
        const button = event.submitter;
        closeMenus(form);
        const fields = [[button.name, button.value]];
        if (button.name !== 'one') {
            if (button.value === 'snooze') {
                fields.push(['until', form.elements.until.value]);
            }
            fields.push(...selection());
        }
        await act(`${base}/many`, fields, button.name !== 'one');
    });

    function selection() {
        return whole ? [['whole', 'true']] : [...chosen].map(place => ['uid', place]);
    }

    async function act(address, fields, isForTicked) {
        if (told(await post(address, fields))) {
            if (isForTicked) {
                choose(true);
            }
            document.dispatchEvent(new Event('mailchanged'));
        }
    }

    return {
        base,
        address: pane.dataset.live,
        title: `${pane.dataset.title} · Posthorn`,
        get top() { return scroller.scrollTop; },
        set top(pixels) { scroller.scrollTop = pixels; },
        refresh,
        act,
        /** Another list takes its place. */
        leave() {
            size.disconnect();
            for (const request of running.values()) {
                request.abort();
            }
        },
        /** Places that a drag of this row takes along. */
        dragged: row => chosen.has(row.dataset.id) || whole ? selection() : [['uid', row.dataset.id]],
        isChosen: row => whole || chosen.has(row.dataset.id),
        opened(place) {
            openPlace = place;
            const row = place && items.querySelector(`li[data-id="${place}"]`);
            if (!document.querySelector('[data-unread-stays]')) {
                row?.classList.remove('unread');
            }
            draw();
        },
        /** The row after the one that is open or focused, or before it. */
        step(by) {
            const focused = items.contains(document.activeElement) ? document.activeElement.closest('li') : items.querySelector('[aria-current=true]')?.closest('li');
            const at = focused ? positionOf(focused) + by : Math.ceil(scroller.scrollTop / height);
            const wanted = Math.max(0, Math.min(total - 1, at));
            const top = wanted * height;
            if (top < scroller.scrollTop) {
                scroller.scrollTop = top;
            } else if (top + height > scroller.scrollTop + scroller.clientHeight) {
                scroller.scrollTop = top + height - scroller.clientHeight;
            }
            draw();
            rows.get(wanted)?.querySelector('a').focus({ preventScroll: true });
        },
        tick() {
            const box = document.activeElement?.closest('li')?.querySelector('input[type=checkbox]') ?? items.querySelector('[aria-current=true]')?.closest('li').querySelector('input');
            box?.click();
        },
    };
}

function closeMenus(within) {
    for (const menu of within.querySelectorAll('details.menu[open]')) {
        menu.open = false;
    }
}
