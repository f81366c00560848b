import { component, DeclaredError } from '@hms/ffi'

const greeter = await component('example:hello/greeter', {
  wit: '../hello.wit',
  exports: {
    greet({ name, titles }) {
      if (!name) throw new DeclaredError({ tag: 'nameless' })
      return `Hello ${[...titles, name].join(' ')}, this is Node`
    },
  },
}).serve()
process.once('SIGTERM', () => greeter.close())
