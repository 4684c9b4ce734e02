/** {@link ask} as a program: the question as JSON in argv, the outcome as JSON on stdout. */
import { ask, type Question } from './net-ask.ts';

void ask(JSON.parse(process.argv[2] ?? '') as Question).then((outcome) => console.log(JSON.stringify(outcome)));
