"use strict";
/* Plays the events of a line: `Film` knows what stands where at a time, `Picture` draws it, `start` ties both to the
   buttons. Nothing is fetched; all data stand in the page. */

const say = (text, values) => text.replace(/\{(\w+)\}/g, (all, key) => key in values ? values[key] : all);

/* What stands where: values of all signals at any time, from a flat list of (ticks later, signal, change). */
class Film {
  constructor(data) {
    const n = data.changes.length / 3;
    this.length = data.end_s - data.start_s;
    this.isState = data.signals.map(s => s[0] === "state");
    this.time = new Float64Array(n);
    this.which = new Int32Array(n);
    this.change = new Int32Array(n);
    let tick = 0;
    for (let i = 0; i < n; i++) {
      tick += data.changes[3 * i];
      this.time[i] = tick * data.tick_s;
      this.which[i] = data.changes[3 * i + 1];
      this.change[i] = data.changes[3 * i + 2];
    }
    this.initial = Int32Array.from(data.initial);
    this.most = Int32Array.from(data.initial);
    this.marks = [];
    this.values = Int32Array.from(data.initial);
    this.next = 0;
    for (; this.next < n; this.step()) {
      if (this.next % 2000 === 0) this.marks.push(Int32Array.from(this.values));
      const k = this.which[this.next];
      this.most[k] = Math.max(this.most[k], this.values[k]);
    }
    this.values.forEach((v, k) => { this.most[k] = Math.max(this.most[k], v); });
  }

  step() {
    const k = this.which[this.next];
    this.values[k] = this.isState[k] ? this.change[this.next] : this.values[k] + this.change[this.next];
    this.next += 1;
  }

  /* Go to a time (s since the window's start). */
  seek(time) {
    let low = 0, high = this.time.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (this.time[mid] <= time + 1e-6) low = mid + 1; else high = mid;
    }
    if (low < this.next || low - this.next > 2000) {
      const mark = Math.min(Math.floor(low / 2000), this.marks.length - 1);
      this.values = Int32Array.from(mark < 0 ? this.initial : this.marks[mark]);
      this.next = Math.max(mark, 0) * 2000;
    }
    while (this.next < low) this.step();
  }
}

const BOX = 168, GAP = 44, PAD = 10, EDGE = 38;

/* The drawing of one line: boxes in columns by the routes, wrapped to the width there is. */
class Picture {
  constructor(svg, data, film) {
    Object.assign(this, {svg, data, film});
    this.values = data.signals.map(() => null);
    this.width = 0;
  }

  make(name, attributes, parent, text) {
    const node = document.createElementNS(this.svg.namespaceURI, name);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    if (text !== undefined) node.textContent = text;
    (parent || this.svg).append(node);
    return node;
  }

  /* Lay out for a width in px and draw anew. */
  layout(given) {
    const width = Math.max(given, 240);  /* narrower than any phone: drawn smaller */
    if (width === this.width) return;
    this.width = width;
    this.svg.replaceChildren();
    this.draws = this.data.signals.map(() => null);
    const columns = Math.max(1, Math.floor((width - 2 * EDGE + GAP) / (BOX + GAP)));
    const box = columns === 1 ? Math.min(280, width - 2 * EDGE) : BOX;
    const ranks = 1 + Math.max(...this.data.stations.map(s => s.rank));
    const bands = Math.ceil(ranks / columns);
    const spread = Math.min(columns, ranks);
    const pitch = spread > 1 ? Math.min(box + 90, (width - 2 * EDGE - box) / (spread - 1)) : 0;
    const roads = this.roads(columns, bands);
    this.place(columns, bands, box, pitch, roads);
    roads.forEach(road => this.draw_road(road));
    roads.filter(road => road.share !== null).forEach(road => this.write_share(road));
    this.data.stations.forEach((station, n) => this.draw_station(station, n));
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
    this.values.fill(null);
    this.update();
  }

  /* Each link with the gutter it runs through (null: straight into the next column). */
  roads(columns, bands) {
    const where = this.data.stations.map(s => ({band: Math.floor(s.rank / columns), column: s.rank % columns}));
    this.gutters = Array.from({length: bands + 1}, () => 0);
    return this.data.links.filter(link => link[1] >= 0).map(([from, to, share]) => {
      const a = where[from], b = where[to], back = to <= from;
      const road = {from, to, share, back, gutter: null, track: 0};
      if (back || a.band !== b.band || b.column !== a.column + 1) {
        road.gutter = back || b.band !== a.band ? a.band + 1 : a.band;
        road.track = this.gutters[road.gutter]++;
      }
      return road;
    });
  }

  place(columns, bands, box, pitch, roads) {
    this.boxes = [];
    const high = this.data.stations.map(s => this.height_of(s, box));
    let top = 6;
    this.gutter_top = [];
    for (let band = 0; band <= bands; band++) {
      this.gutter_top[band] = top;
      top += this.gutters[band] ? 12 + 7 * this.gutters[band] : band === 0 ? 4 : 14;
      if (band === bands) break;
      const below = {};
      let tallest = 0;
      this.data.stations.forEach((station, n) => {
        if (Math.floor(station.rank / columns) !== band) return;
        const column = station.rank % columns, y = below[column] || 0;
        this.boxes[n] = {x: EDGE + column * pitch, y: top + y, w: box, h: high[n], gap: Math.max(20, pitch - box)};
        below[column] = y + high[n] + 14;
        tallest = Math.max(tallest, y + high[n]);
      });
      top += tallest;
    }
    this.height = top + 8;
    this.port(roads, "from", "y1");
    this.port(roads, "to", "y2");
  }

  /* Roads that leave (enter) the same box start (end) below each other. */
  port(roads, end, key) {
    this.data.stations.forEach((_, n) => {
      const own = roads.filter(road => road[end] === n), box = this.boxes[n];
      own.sort((a, b) => this.boxes[a[end === "from" ? "to" : "from"]].y - this.boxes[b[end === "from" ? "to" : "from"]].y);
      own.forEach((road, k) => { road[key] = box.y + 30 + (k - (own.length - 1) / 2) * 15; });
    });
  }

  draw_road(road) {
    const a = this.boxes[road.from], b = this.boxes[road.to], shift = 5 * (road.track % 3);
    const x1 = a.x + a.w, x2 = b.x - 1, out = x1 + 9 + shift, into = x2 - 11 - shift;
    let d = `M${x1} ${road.y1}`;
    if (road.gutter === null) d += `H${(x1 + x2) / 2}V${road.y2}H${x2 - 5}`;
    else d += `H${out}V${this.gutter_top[road.gutter] + 9 + 7 * road.track}H${into}V${road.y2}H${x2 - 5}`;
    this.make("path", {d, class: road.back ? "road back" : "road"});
    this.arrow(x2, road.y2, road.back ? "#a33a00" : "#505a64");
  }

  write_share(road) {
    const box = this.boxes[road.from], text = `${Math.round(1000 * road.share) / 10} %`;
    this.make("text", {x: box.x + box.w + 2, y: road.y1 - 3, class: "small share"}, this.svg, text);
  }

  arrow(x, y, fill) {
    this.make("path", {d: `M${x} ${y}l-7 -4v8z`, fill});
  }

  rows_of(station, box) {
    const inside = box - 2 * PAD, many = Math.max(...station.holds) > 1, count = station.machines.length;
    const size = many ? 40 : count > 100 ? 7 : count > 40 ? 10 : 16, gap = size > 10 ? 4 : 2;
    const across = Math.max(1, Math.floor((inside + gap) / (size + gap)));
    const tall = many ? 20 : size;
    return {size, tall, gap, across, height: Math.ceil(count / across) * (tall + gap)};
  }

  height_of(station, box) {
    return 66 + this.rows_of(station, box).height;
  }

  draw_station(station, n) {
    const box = this.boxes[n], words = this.data.words;
    const group = this.make("g", {transform: `translate(${box.x} ${box.y})`, "data-station": n});
    this.make("rect", {width: box.w, height: box.h, rx: 5, class: "box"}, group);
    this.make("title", {}, group, station.name);
    const name = this.make("text", {x: PAD, y: 19, class: "name"}, group, station.name);
    for (let length = station.name.length; length > 1 && name.getComputedTextLength() > box.w - 2 * PAD; length--)
      name.textContent = station.name.slice(0, length - 1) + "…";
    this.draw_buffer(station, n, box, group);
    this.draw_machines(station, n, box, group);
    if (this.data.enters_at.includes(n)) {
      this.make("path", {d: `M${box.x - 20} ${box.y + 14}h14`, class: "road"});
      this.arrow(box.x - 1, box.y + 14, "#505a64");
      this.make("text", {x: box.x - 24, y: box.y + 8, class: "small"}, this.svg, words.in);
    }
    this.data.links.filter(link => link[0] === n && link[1] < 0).forEach(link => {
      const y = box.y + box.h - (link[1] === -1 ? 26 : 8), right = box.x + box.w;
      this.make("path", {d: `M${right} ${y}h13`, class: link[1] === -1 ? "road" : "road back"});
      this.arrow(right + 19, y, link[1] === -1 ? "#505a64" : "#a33a00");
      const share = link[2] === null ? "" : ` ${Math.round(1000 * link[2]) / 10} %`;
      this.make("text", {x: right + 2, y: y - 5, class: "small"}, this.svg, (link[1] === -1 ? words.out : words.scrap) + share);
    });
  }

  signal(what, station, machine) {
    return this.data.signals.findIndex(s => s[0] === what && s[1] === station && s[2] === machine);
  }

  draw_buffer(station, n, box, group) {
    const words = this.data.words, k = this.signal("front", n, null), inside = box.w - 2 * PAD;
    const most = station.places === null ? Math.max(this.film.most[k], 1) : station.places;
    const text = this.make("text", {x: PAD, y: 36, class: "small", "data-front": n}, group);
    const bar = most > 0 && !(station.saturated && this.film.most[k] === 0);
    if (bar) this.make("rect", {x: PAD, y: 41, width: inside, height: 9, class: "buffer"}, group);
    const fill = this.make("rect", {x: PAD, y: 41, width: 0, height: bar ? 9 : 0, class: "parts"}, group);
    if (bar && station.places !== null && most <= 24)
      for (let i = 1; i < most; i++) {
        const x = PAD + inside * i / most;
        this.make("path", {d: `M${x} 41v9`, class: "slot"}, group);
      }
    this.draws[k] = value => {
      fill.setAttribute("width", bar ? Math.min(1, value / most) * inside : 0);
      text.textContent = this.in_front(station, value);
    };
  }

  in_front(station, value) {
    const words = this.data.words;
    if (station.saturated && value === 0) return words.always;
    if (station.places === 0 && value === 0) return words.none;
    return say(station.places === null ? words.waiting : words.places, {n: value, places: station.places});
  }

  draw_machines(station, n, box, group) {
    const rows = this.rows_of(station, box.w);
    station.machines.forEach((machine, m) => {
      const x = PAD + (m % rows.across) * (rows.size + rows.gap), y = 58 + Math.floor(m / rows.across) * (rows.tall + rows.gap);
      const square = this.make("rect", {x, y, width: rows.size, height: rows.tall, rx: 2, class: "machine", "data-machine": `${n}/${m}`}, group);
      const title = this.make("title", {}, square);
      const held = this.signal("held", n, m);
      const text = held < 0 ? null : this.make("text", {x: x + rows.size / 2, y: y + 14.5, class: "held"}, group);
      this.draws[this.signal("state", n, m)] = value => {
        const [name, colour] = this.data.states[value];
        square.setAttribute("fill", colour);
        title.textContent = say(this.data.words.machine, {machine: `${station.name} ${machine}`, state: name});
        if (text) text.style.fill = is_dark(colour) ? "#fff" : "#1d2329";
      };
      if (text) this.draws[held] = value => { text.textContent = value; };
    });
  }

  /* Bring up to date what has changed. */
  update() {
    this.film.values.forEach((value, k) => {
      if (value === this.values[k]) return;
      this.values[k] = value;
      if (this.draws[k]) this.draws[k](value);
    });
  }
}

function is_dark(colour) {
  const [r, g, b] = [1, 3, 5].map(i => parseInt(colour.slice(i, i + 2), 16) / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.18;
}

/* The picture in words: a row per station. */
function write_table(body, data, picture, film) {
  body.replaceChildren(...data.stations.map((station, n) => {
    const counts = new Map();
    station.machines.forEach((_, m) => {
      const name = data.states[film.values[picture.signal("state", n, m)]][0];
      counts.set(name, (counts.get(name) || 0) + 1);
    });
    const cells = [["th", station.name], ["td", film.values[picture.signal("front", n, null)]],
                   ["td", [...counts].map(([name, count]) => `${count} ${name}`).join(data.words.comma)]];
    const row = document.createElement("tr");
    row.append(...cells.map(([tag, text], k) => {
      const cell = document.createElement(tag);
      if (k === 0) cell.scope = "row";
      if (k === 1) cell.className = "n";
      cell.textContent = text;
      return cell;
    }));
    return row;
  }));
}

function start(figure) {
  const find = selector => figure.querySelector(selector);
  const data = JSON.parse(find(".replay-data").textContent);
  const film = new Film(data), picture = new Picture(find(".scene"), data, film);
  const slider = find(".slider"), button = find(".play"), speed = find(".speed select"), details = find("details");
  const counts = [...figure.querySelectorAll("[data-count]")]
    .map(node => [node, picture.signal(node.dataset.count, null, null)]);
  const begin = Date.parse(data.run_start + "Z");
  let now = 0, playing = false, last = null;

  function show(time, keep) {
    now = Math.min(Math.max(time, 0), film.length);
    film.seek(now);
    picture.update();
    for (const [node, k] of counts)
      node.textContent = film.values[k] - (node.dataset.count === "wip" ? 0 : film.initial[k]);
    const at = data.start_s + now;
    const clock = new Date(begin + Math.floor(at + 1e-6) * 1000).toISOString().replace("T", " ").slice(0, 19);
    find(".clock time").textContent = clock;
    find(".clock .hours").textContent = say(data.words.hours, {h: (at / 3600).toFixed(2)});
    if (!keep) slider.value = now;
    figure.dataset.time = now;  /* the slider shows whole steps only */
    slider.setAttribute("aria-valuetext", clock);
    if (details.open) write_table(find(".now tbody"), data, picture, film);
  }

  function play(on) {
    if (on && now >= film.length) show(0);
    playing = on;
    last = null;
    const word = on ? data.words.pause : data.words.play;
    button.setAttribute("aria-label", word);
    button.querySelector(".word").textContent = word;
    button.querySelector(".sign").textContent = on ? "❚❚" : "▶";
    if (on) requestAnimationFrame(frame);
  }

  function frame(at) {
    if (!playing) return;
    if (last !== null) show(now + Math.min(at - last, 250) / 1000 * Number(speed.value));
    last = at;
    if (now >= film.length) play(false); else requestAnimationFrame(frame);
  }

  button.addEventListener("click", () => play(!playing));
  slider.addEventListener("input", () => { play(false); show(Number(slider.value), true); });
  details.addEventListener("toggle", () => show(now));
  const fit = () => picture.layout(picture.svg.parentElement.clientWidth);
  fit();
  show(0);
  new ResizeObserver(fit).observe(picture.svg.parentElement);
}

document.querySelectorAll(".replay").forEach(start);
