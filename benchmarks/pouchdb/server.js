// CouchDB's protocol on loopback, as express-pouchdb speaks it, with LevelDB on disk (which does not fsync by default).
'use strict';
const [folder, port] = process.argv.slice(2);
const express = require('express');
const PouchDB = require('pouchdb').defaults({ prefix: folder + '/' });
const app = express();
app.use('/', require('express-pouchdb')(PouchDB, { mode: 'minimumForPouchDB', inMemoryConfig: true, logPath: folder + '/log.txt' }));
app.listen(Number(port), '127.0.0.1', () => console.log('ready'));
