import { connect } from '@hms/ffi'

const greeter = await connect('example:hello/greeter')
const people = ['Ada', 'Alan', ''].map(name => ({ name, titles: ['Dr'] }))
for (const greeting of await Promise.all(people.slice(0, 2).map(person => greeter.greet(person)))) {
  console.log(greeting)
}
for (const { value, reason } of await greeter.batch(b => people.map(person => b.greet(person)))) {
  console.log(reason ? 'refused' : value)
}
greeter.close()
