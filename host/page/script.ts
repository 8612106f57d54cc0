/**
 * The one script of the pages that come from a dead server's address: the page turns into the server's own as soon as that
 * answers.
 *
 * It waits for the event `recovered`. Where the stream of events ends for good (too many are open, or the server itself is
 * there already and knows no such path), it asks for the page's head now and then: 503 is the page in the server's place,
 * any other answer is the server. The same look comes before every change, so that a page that can be read never gives way
 * to a browser's error. A page that is marked so looks at once: the router lets what it sends through to the server for a
 * moment, and nobody sees it if that is dead. An answer to a form has nothing to load again: what the person wanted to see is the page before it.
 * All addresses begin with the origin: a path of `//host` alone would lead away.
 */
export const SCRIPT = `
(()=>{
const live=document.getElementById('live'),again=document.getElementById('again'),home=location.origin+'/',
own=home+'.well-known/ringback/',here=location.origin+location.pathname+location.search,before=document.referrer,
isPage=(url)=>url.startsWith(home)&&!url.startsWith(own),
to=isPage(here)?here:isPage(before)?before:home,
go=()=>live.dataset.post===undefined?location.reload():location.replace(to);
let wait=3e3;
const later=()=>{setTimeout(look,wait);wait=3e4},
look=(told)=>{fetch(to,{method:'HEAD',cache:'no-store',redirect:'manual'})
.then((answer)=>{if(answer.status===503&&told!==true)later();else go()},later)},
events=new EventSource(own+'events');
events.addEventListener('recovered',()=>{events.close();look(true)});
if(live.dataset.try!==undefined)setTimeout(look,1e3);
events.onerror=()=>{if(events.readyState===2)later()};
again.href=to;
live.hidden=false;
})()
`.replaceAll('\n', '');
