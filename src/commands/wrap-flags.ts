import type { reportStep } from '../report/report.ts';
import type { StepFlags } from './args.ts';

/** How a step is wrapped on behalf of another command. */
export interface WrapFlags extends StepFlags {
  /** A step that is not watched is not run either. */
  readonly leavesBypass?: true;
  /** Who tells of it in place of the report line. */
  readonly tell?: typeof reportStep;
}
