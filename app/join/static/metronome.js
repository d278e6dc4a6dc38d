// Ticks from a worker: browsers slow the timers of a page in the background, and a slow heartbeat is an absence.
"use strict";

self.onmessage = (message) => setInterval(() => self.postMessage(0), message.data);
