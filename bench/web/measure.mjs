// Measures the pages of Mail with Chromium as a person meets them. Usage: node measure.mjs ADDRESS USER PASSWORD [ROUNDS]
import { address, count, measure, note, password, user } from './figures.mjs';

// A word of few messages, two words of many, an operator each.
const searches = ['xylophonist', 'garden budget', 'from:ada subject:river'];

async function signIn(page) {
    await page.goto(`${address}/signin`);
    await page.type('#address', user);
    await page.type('#password', password);
    await Promise.all([page.waitForNavigation(), page.click('main button.main')]);
}

async function visit(page) {
    await signIn(page);
    // The same browser with an empty cache: what a person waits for behind the password check.
    const come = await count(page);
    const start = Date.now();
    await page.goto(`${address}/mail`, { waitUntil: 'domcontentloaded' });
    await page.waitForSelector('[data-rows] li a .subject');
    const paint = await page.evaluate(() => new Promise(resolve => {
        const seen = performance.getEntriesByName('first-contentful-paint')[0];
        seen ? resolve(seen.startTime) : new PerformanceObserver(list => resolve(list.getEntries()[0].startTime)).observe({ type: 'paint', buffered: true });
    }));
    note('inbox readable (first paint with rows), ms', paint);
    await page.click('[data-rows] li:nth-child(3) a');
    await page.waitForSelector('[data-message] #subject');
    note('first click answered, from the start of loading, ms', Date.now() - start);
    note('transferred until then, KB', come.bytes / 1000);
    note('requests until then', come.requests);

    for (let row = 4; row <= 12; row++) {
        note('message opened (click to its text), ms', await page.evaluate(async row => {
            const link = document.querySelector(`[data-rows] li:nth-child(${row}) a`), wanted = link.closest('li').dataset.id, from = performance.now();
            link.click();
            while (document.querySelector('[data-message]')?.dataset.place !== wanted) {
                await new Promise(requestAnimationFrame);
            }
            const frame = document.querySelector('[data-message] .letter > iframe');
            if (frame) {
                await new Promise(resolve => frame.addEventListener('load', resolve, { once: true }));
            }
            return performance.now() - from;
        }, row));
    }

    // As a person searches: typed into the box of the page that is open.
    for (const typed of searches) {
        note(`search “${typed}”, Enter to its hits, ms`, await page.evaluate(async typed => {
            document.querySelector('#q').value = typed;
            const from = performance.now();
            document.querySelector('[data-search]').requestSubmit();
            while (document.querySelector('[data-list]').dataset.live !== `/mail/search?q=${encodeURIComponent(typed)}`) {
                await new Promise(requestAnimationFrame);
            }
            await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
            return performance.now() - from;
        }, typed));
    }
    for (const typed of searches) {
        const from = Date.now();
        await page.goto(`${address}/mail/search?q=${encodeURIComponent(typed)}`, { waitUntil: 'domcontentloaded' });
        await page.waitForSelector('[data-rows] li a .subject');
        note(`search “${typed}”, loaded as a page, ms`, Date.now() - from);
    }

    await page.goto(`${address}/mail`, { waitUntil: 'load' });
    note('scrolling: longest time with an empty row in sight, ms', await page.evaluate(scrolling));
}

// Ten seconds of scrolling: by the wheel, by pages, and with leaps through the whole list.
async function scrolling() {
    const pane = document.querySelector('[data-rows]');
    let longest = 0, since = null, running = true;
    (function look() {
        const area = pane.getBoundingClientRect();
        const empty = [...pane.querySelectorAll('li.blank')].some(row => {
            const box = row.getBoundingClientRect();
            return box.bottom > area.top && box.top < area.bottom;
        });
        const now = performance.now();
        since = empty ? since ?? now : null;
        longest = Math.max(longest, since === null ? 0 : now - since);
        if (running) {
            requestAnimationFrame(look);
        }
    })();
    const wait = time => new Promise(resolve => setTimeout(resolve, time));
    for (let step = 0; step < 120; step++) {
        pane.scrollTop += step < 60 ? 120 : 760;
        await wait(30);
    }
    for (let leap = 1; leap <= 12; leap++) {
        pane.scrollTop = pane.scrollHeight * ((leap * 7) % 12) / 12;
        await wait(400);
    }
    running = false;
    return longest;
}

await measure(visit);
