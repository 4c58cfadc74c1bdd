// A signalling server of socket.io, as tutorials write it: what is compared with.
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, { transports: ['websocket'] });
io.on('connection', (socket) => {
  socket.on('join', (room) => {
    socket.join(room);
    if (io.sockets.adapter.rooms.get(room).size === 2) io.to(room).emit('peer-joined');
    socket.on('candidate', (candidate) => socket.to(room).emit('candidate', candidate));
  });
});
http.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${http.address().port}/`));
process.on('SIGTERM', () => process.exit(0));
