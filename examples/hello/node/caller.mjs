import { connect, DeclaredError } from '@hms/ffi'

const greeter = await connect('example:hello/greeter')
console.log(await greeter.greet({ name: 'Ada', titles: ['Countess'] }, { timeout: 5000 }))
try {
  await greeter.greet({ name: '', titles: [] })
} catch (error) {
  if (!(error instanceof DeclaredError)) throw error
  console.log('refused:', error.value.tag)
}
greeter.close()
