// Measures Roundcube's pages with Chromium, the same moments as measure.mjs. Usage: node measure-roundcube.mjs ADDRESS USER PASSWORD [ROUNDS]
import { address, count, measure, note, password, user } from './figures.mjs';

async function visit(page) {
    await page.goto(`${address}/`);
    await page.type('#rcmloginuser', user);
    await page.type('#rcmloginpwd', password);
    await Promise.all([page.waitForNavigation(), page.click('#rcmloginsubmit')]);
    await page.waitForSelector('#messagelist tbody tr.message');
    const come = await count(page);
    const start = Date.now();
    await page.goto(`${address}/?_task=mail&_mbox=INBOX`, { waitUntil: 'domcontentloaded' });
    await page.waitForSelector('#messagelist tbody tr.message');
    note('inbox readable (rows in the list), ms', Date.now() - start);
    await open(page, 3);
    note('first click answered, from the start of loading, ms', Date.now() - start);
    note('transferred until then, KB', come.bytes / 1000);
    note('requests until then', come.requests);
    for (let row = 4; row <= 12; row++) {
        note('message opened (click to its text), ms', await open(page, row));
    }
}

// A press of the button as a person's: Roundcube listens to that, not to click().
async function open(page, row) {
    const subject = await page.$(`#messagelist tbody tr.message:nth-of-type(${row}) td.subject`);
    const before = await page.evaluate(() => document.querySelector('#messagecontframe')?.contentWindow.location.href);
    const start = Date.now();
    await subject.click();
    await page.waitForFunction(before => {
        const frame = document.querySelector('#messagecontframe');
        const inner = frame?.contentDocument;
        return inner && frame.contentWindow.location.href !== before && inner.readyState === 'complete' && inner.querySelector('#messagebody');
    }, { polling: 'raf' }, before);
    return Date.now() - start;
}

await measure(visit);
