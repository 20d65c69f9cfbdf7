// An S3 server for tests: node server.js FOLDER BUCKET. Prints its port. Lines on stdin: "fail N" (the next N requests get 500), "slow MS", "deaf" (no request is
// answered), "well". It ends with its input, and its folder with it.
'use strict';

const fs = require('fs');
const http = require('http');
const readline = require('readline');
const S3rver = require('s3rver');

let fail = 0, slow = 0, deaf = false, requests = 0;
const [directory, bucket] = process.argv.slice(2);
const store = new S3rver({ directory, silent: true, configureBuckets: [{ name: bucket }] });

store.configureBuckets().then(() => {
    const serve = store.callback();
    const server = http.createServer((request, response) => {
        requests++;
        if (deaf) {
            return;
        }
        if (fail > 0) {
            fail--;
            request.resume();
            response.writeHead(500, { 'content-type': 'application/xml' });
            response.end('<?xml version="1.0"?><Error><Code>InternalError</Code><Message>told to</Message></Error>');
            return;
        }
        setTimeout(() => serve(request, response), slow);
    });
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));
});

readline.createInterface({ input: process.stdin })
    .on('line', line => {
        const [command, value] = line.split(' ');
        switch (command) {
            case 'fail': fail = Number(value); break;
            case 'slow': slow = Number(value); break;
            case 'deaf': deaf = true; break;
            case 'well': fail = 0; slow = 0; deaf = false; break;
        }
        console.log(requests);
    })
    .on('close', () => {
        fs.rmSync(directory, { recursive: true, force: true });
        process.exit(0);
    });
