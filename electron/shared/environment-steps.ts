/** What making an environment goes through, in order. Apart from the schemas, so that the window does not load zod to count them. */
export const environmentSteps = ['find-python', 'create', 'choose-build', 'install-torch', 'install-packages', 'verify'] as const
