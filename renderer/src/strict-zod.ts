import { z } from 'zod'

// The window forbids eval; zod tries it when a schema is made unless told not to. So this is imported before any schema.
z.config({ jitless: true })
