// What the measuring scripts share: rounds, each in a browser of its own with an empty cache, and a table of medians.
// Arguments of each script: ADDRESS USER PASSWORD [ROUNDS]
import puppeteer from 'puppeteer-core';

export const [address, user, password, rounds = '5'] = process.argv.slice(2);
const figures = {};

export function note(name, value) {
    (figures[name] ??= []).push(value);
}

function median(values) {
    const sorted = [...values].sort((one, other) => one - other);
    return sorted[Math.floor(sorted.length / 2)];
}

// From here on the page's cache is empty; gives what has come over the wire since.
export async function count(page) {
    const wire = await page.createCDPSession();
    await wire.send('Network.enable');
    await wire.send('Network.clearBrowserCache');
    const come = { bytes: 0, requests: 0 };
    wire.on('Network.loadingFinished', event => {
        come.bytes += event.encodedDataLength;
        come.requests++;
    });
    await page.goto('about:blank');
    return come;
}

async function round(visit) {
    const browser = await puppeteer.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--ignore-certificate-errors'],
    });
    try {
        const page = await browser.newPage();
        await page.setViewport({ width: 1440, height: 900 });
        await visit(page);
    } finally {
        await browser.close();
    }
}

// Visits the pages once a round, and prints what was noted.
export async function measure(visit) {
    for (let number = 0; number < +rounds; number++) {
        await round(visit);
    }
    console.log('| what | median | lowest – highest | of |\n|---|---|---|---|');
    for (const [name, values] of Object.entries(figures)) {
        console.log(`| ${name} | ${median(values).toFixed(0)} | ${Math.min(...values).toFixed(0)} – ${Math.max(...values).toFixed(0)} | ${values.length} |`);
    }
}
