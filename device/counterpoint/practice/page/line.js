// The wire to the practice program. One rule: it speaks `protocol.py` and nothing else; what a message means is the talk's.

/** One talk's connection. `on` has a function for each message of the server (`say`, `stop`, `light` ...) and `gone`. */
export class Line {
  constructor(on) {
    this.socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/talk`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => {
      const { do: what, ...message } = JSON.parse(data);
      on[what]?.(message);
    };
    this.socket.onclose = () => {
      if (!this.closed) on.gone();
      this.closed = true;
    };
    this.ready = new Promise((resolve) => {
      this.socket.onopen = resolve;
    });
  }

  get open() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  begin(role, skill) {
    this.ready.then(() => this.send({ do: "begin", role, skill }));
  }

  end() {
    this.send({ do: "end" });
  }

  lineEnded(line) {
    this.send({ do: "line_ended", line });
  }

  lineStopped(line, at_s) {
    this.send({ do: "line_stopped", line, at_s });
  }

  lastTry(card) {
    this.send({ do: "last_try", card });
  }

  /** 20 ms of both sides. */
  block(buffer) {
    this.socket.send(buffer);
  }

  /** Ends the connection on our own side: nobody is told of it. */
  close() {
    this.closed = true;
    this.socket.close();
  }

  send(message) {
    if (this.open) this.socket.send(JSON.stringify(message));
  }
}
