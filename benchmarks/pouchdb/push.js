// Documents into a local PouchDB, pushed to the server; then one-field changes, then nothing. One line of JSON with the times.
'use strict';
const fs = require('fs');
const [folder, url, file, changes, batch] = process.argv.slice(2);
const PouchDB = require('pouchdb');

async function main() {
  const docs = JSON.parse(fs.readFileSync(file, 'utf8'));
  const db = new PouchDB(folder + '/local');
  for (let at = 0; at < docs.length; at += 1000) await db.bulkDocs(docs.slice(at, at + 1000));
  const push = async () => {
    const begun = process.hrtime.bigint();
    const result = await db.replicate.to(url, { batch_size: Number(batch), batches_limit: 5 });
    return [Number(process.hrtime.bigint() - begun) / 1e9, result.docs_written];
  };
  process.stdout.write('READY []\n');
  await new Promise((go) => process.stdin.once('data', go));
  process.stdout.write('FULL ' + JSON.stringify(await push()) + '\n');
  await new Promise((go) => process.stdin.once('data', go));
  const some = [];
  for (let n = 0; n < Number(changes); n += 1) {
    const doc = await db.get(docs[n]._id);
    doc.drink = 'tea ' + n;
    some.push(doc);
  }
  await db.bulkDocs(some);
  process.stdout.write('SMALL ' + JSON.stringify(await push()) + '\n');
  await new Promise((go) => process.stdin.once('data', go));
  process.stdout.write('NOTHING ' + JSON.stringify(await push()) + '\n');
  process.exit(0);
}
main().catch((error) => { console.error(error); process.exit(1); });
