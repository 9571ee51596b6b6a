import type { Random } from './random.ts';

const firstNames =
  'Ada Aisha Amara Anouk Arjun Beatriz Björn Camille Chidi Dalia Dmitri Elif Emeka Esther Farid Freya Giulia Hana Hiroshi Ines Ivo Jamal Jun Kaito Katya Kofi Lars Leila Lucía Maeve Malik Mei Mina Nadia Noor Oleg Olivia Pavel Priya Quentin Rafael Rosa Salma Samir Sofia Tariq Tomás Uma Viktor Wanjiru Ximena Yara Yusuf Zoë'.split(
    ' ',
  );
const lastNames =
  "Abe Adeyemi Alvarez Andersson Bakker Banerjee Costa Demir Diallo Eriksen Fischer García Haddad Horváth Ito Jansen Kamau Kim Kowalski Larsen Lopes Mbeki Müller Nakamura Novák O'Brien Okafor Osei Park Petrov Quispe Rahman Rossi Sato Schmidt Silva Singh Smirnova Tanaka Torres Ueda Varga Wang Weber Yilmaz Zhou".split(
    ' ',
  );
const subjects =
  'Rivers Bread Night Trains Small Islands Moss Old Maps Tax Law Birdsong Cities Comets Fences Grief Knots Lighthouses Looms Mountains Paper Rain Salt Seeds Sleep Stairs Tides Trees Walls Weather'.split(
    ' ',
  );
const forms = [
  'Notes on',
  'A History of',
  'Letters about',
  'Against',
  'How to Read',
  'Questions about',
  '"Plain" Talk on',
];

/** A person's name. */
export function personName(random: Random): string {
  return `${random.pick(firstNames)} ${random.pick(lastNames)}`;
}

/** The title of something written; some hold a comma or quotes, as titles do. */
export function title(random: Random): string {
  const text = `${random.pick(forms)} ${random.pick(subjects)}`;
  return random.percent(20) ? `${text}, and ${random.pick(subjects)}` : text;
}

/** An id like those of the site: mostly plain; some with what ids may hold, too: dashes, dots, underscores, unicode. */
export function idFor(random: Random, kind: string, number: number): string {
  const plain = `${kind}${String(number).padStart(4, '0')}`;
  if (!random.percent(12)) return plain;
  return random.pick([
    `${kind}_${number}`,
    `${kind}-${number}.v2`,
    `${kind}_user_bio_${number}`,
    `${kind}%5F${number}`,
    `é${kind}${number}`,
    `作家${kind}${number}`,
  ]);
}
