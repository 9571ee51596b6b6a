import { expect, test } from '@jest/globals';
import { Html, html } from './html.ts';

test('text is escaped, markup is not, and lists of markup are joined', () => {
  const items = [html`<li>${'a < b'}</li>`, html`<li>${2}</li>`];
  expect(html`<p title="${'"&\''}">${new Html('<b>x</b>')}</p><ul>${items}</ul>`.text).toBe(
    '<p title="&quot;&amp;&#39;"><b>x</b></p><ul><li>a &lt; b</li>\n<li>2</li></ul>',
  );
});
