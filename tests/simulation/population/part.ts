import type { Chance } from './chance.ts';
import type { Scene } from './scene.ts';

/**
 * One thing that people do, of this moment, as it occurs to them by what they see. It says false when there was nothing to
 * do: nobody can undo a change who has made none.
 */
export type Part = (scene: Scene, chance: Chance, who: string) => Promise<boolean>;

/** Whose a part is: any supporter's or any writer's, drawn before; or nobody's in particular. */
export type Owner = 'supporter' | 'writer' | 'anybody';
