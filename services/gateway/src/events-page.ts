import type { Topic } from '@wewrite/contracts';
import { type ExamplesOf, type MessageKind, messageKindsOf, schemaRowsOf } from '@wewrite/contracts/documents';
import { Html, html } from './html.ts';

/** The page's only style sheet: a Content-Security-Policy names it by its hash. */
export const eventsStyle = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentcolor 20%, transparent); }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 64rem; margin: 0 auto; padding: 1rem; }
code, pre { font: 0.875rem/1.5 ui-monospace, monospace; }
pre, .wide { overflow-x: auto; }
pre { border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.75rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: 0.375rem 0.75rem 0.375rem 0; text-align: left; vertical-align: top; }
section { margin-top: 3rem; }
summary { cursor: pointer; margin: 0.75rem 0; }
a { color: LinkText; }
`;

/** A page about all topics: what they carry, who says them, who hears them. It loads nothing and runs no script. */
export function eventsPageOf(topics: readonly Topic[], examplesOf: ExamplesOf): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>WeWrite events</title>
<style>${new Html(eventsStyle)}</style>
</head>
<body>
<h1>Events</h1>
<p>What the services tell each other over Kafka. The same as <a href="/asyncapi.json">AsyncAPI document</a>; for what
clients call, see the <a href="/docs">HTTP API</a>.</p>
<p>The value is JSON, the envelope CloudEvents 1.0 in Kafka’s binary mode: headers <code>ce_id</code>,
<code>ce_type</code>, <code>ce_source</code>, <code>ce_time</code>, <code>ce_dataschema</code>, and
<code>traceparent</code>. Consumers ignore fields that they do not know.</p>
<div class="wide"><table>
<thead><tr><th scope="col">topic</th><th scope="col">one message is</th><th scope="col">from</th><th scope="col">to</th></tr></thead>
<tbody>
${topics.map(overviewOf)}
</tbody>
</table></div>
${topics.map((topic) => sectionOf(topic, examplesOf))}
</body>
</html>`.text;
}

function overviewOf({ name, summary, owners, hearers }: Topic): Html {
  return html`<tr><td><a href="#${name}"><code>${name}</code></a></td><td>${summary}</td><td>${owners.join(', ')}</td><td>${hearers.join(', ') || 'nobody yet'}</td></tr>`;
}

function sectionOf(topic: Topic, examplesOf: ExamplesOf): Html {
  const { name, summary, owners, hearers, key, partitions, retentionDays, encoding } = topic;
  const zstd = encoding === 'json+zstd' ? ' Values are compressed with zstd.' : '';
  return html`<section id="${name}" aria-labelledby="${name}-title">
<h2 id="${name}-title"><code>${name}</code></h2>
<p>${summary}</p>
<p>From ${owners.join(', ')} to ${hearers.join(', ') || 'nobody yet'}. Key: ${key}. ${partitions} partitions, kept for
${retentionDays} days.${zstd}</p>
${messageKindsOf(topic, examplesOf).map(kindOf)}
</section>`;
}

function kindOf({ name, payload, examples }: MessageKind): Html {
  const rows = schemaRowsOf(payload).map(
    ({ path, type, isRequired }) =>
      html`<tr><td><code>${path}</code></td><td>${type.replaceAll('`', '')}</td><td>${isRequired ? 'always' : 'may be missing'}</td></tr>`,
  );
  return html`<details>
<summary>Fields of <code>${name}</code></summary>
<div class="wide"><table>
<thead><tr><th scope="col">field</th><th scope="col">is</th><th scope="col">there</th></tr></thead>
<tbody>
${rows}
</tbody>
</table></div>
</details>
${examples.map(
  ({ name: example, payload: body }) => html`<details>
<summary>Example: ${example}</summary>
<pre tabindex="0"><code>${JSON.stringify(body, null, 2)}</code></pre>
</details>`,
)}`;
}
