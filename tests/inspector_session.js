// SPDX-License-Identifier: Apache-2.0
// A session of an IDE with Node's inspector: stops at a line and prints what an expression is.
//
//     inspector_session.js PORT FILE LINE EXPRESSION [SECONDS]
//
// FILE is the end of the script's URL. At the line it stays for SECONDS.
const http = require('http');
const [port, file, line, expression, seconds] = process.argv.slice(2);

http.get({ host: '127.0.0.1', port, path: '/json/list' }, (response) => {
  let body = '';
  response.on('data', (bytes) => (body += bytes));
  response.on('end', () => debug(new URL(JSON.parse(body)[0].webSocketDebuggerUrl).pathname));
});

function debug(path) {
  const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': 13,
    'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64') };
  http.get({ host: '127.0.0.1', port, path, headers }).on('upgrade', (_, socket, head) => {
    let received = head;
    let sent = 0;
    const waiting = {};
    const send = (method, params = {}) => new Promise((done) => {
      waiting[++sent] = done;
      const text = Buffer.from(JSON.stringify({ id: sent, method, params }));
      const size = Buffer.from([0x81, 0x80 | 126, text.length >> 8, text.length & 255, 0, 0, 0, 0]); // masked by zeros
      socket.write(Buffer.concat([size, text]));
    });
    const take = async (message) => {
      if (message.id) return waiting[message.id](message.result);
      if (message.method !== 'Debugger.paused') return;
      const { hitBreakpoints, callFrames } = message.params;
      if (hitBreakpoints.length > 0) {
        const { functionName, location, callFrameId } = callFrames[0];
        const { result } = await send('Debugger.evaluateOnCallFrame', { callFrameId, expression });
        console.log(`${functionName}:${location.lineNumber + 1}: ${result.value}`);
        await new Promise((done) => setTimeout(done, 1000 * (seconds || 0)));
      }
      await send('Debugger.resume');
      // In the proper way: Node.js may crash when a client just goes while it ends.
      if (hitBreakpoints.length > 0) socket.end(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
    };
    const read = (bytes) => {
      received = Buffer.concat([received, bytes]);
      for (;;) {
        const code = received[1];
        const begin = code === 126 ? 4 : code === 127 ? 10 : 2;
        if (received.length < begin) return;
        const size = code === 126 ? received.readUInt16BE(2) : code === 127 ? received.readUInt32BE(6) : code;
        if (received.length < begin + size) return;
        const text = received.subarray(begin, begin + size);
        const isText = (received[0] & 15) === 1;
        received = received.subarray(begin + size);
        if (isText) take(JSON.parse(text));
      }
    };
    socket.on('data', read);
    const urlRegex = file.replace(/[.]/g, '\\.') + '$';
    send('Runtime.enable');
    send('Debugger.enable');
    send('Debugger.setBreakpointByUrl', { urlRegex, lineNumber: line - 1 });
    send('Runtime.runIfWaitingForDebugger');
    read(Buffer.alloc(0));
  });
}
