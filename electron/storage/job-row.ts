/** The integer key of a job in the hot tables; only storage makes one (JobsStore.rowOf). */
export type JobRow = number & { readonly jobRow: true }
