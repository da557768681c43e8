"""Bad calls of the command line: how each is written, the value that its line must show, and the remedy."""

# ruff: noqa: E501

COMMANDS = r"""
frob | 'frob' | 'frob' is not known (choose from demo, draw, player, explore,
--frob | '--frob' | '--frob' is not known
DRAW | 'DRAW' | did you mean draw?
draw --steps 0 | '0' | argument --steps: a whole number from 1 to 100000
draw --steps four | 'four' | argument --steps: a whole number from 1 to 100000
draw --steps 1.5 | '1.5' | argument --steps: a whole number from 1 to 100000
draw --steps -3 | '-3' | argument --steps: a whole number from 1 to 100000
draw --steps nan | 'nan' | argument --steps: a whole number from 1 to 100000
draw --steps '' | --steps | argument --steps: a whole number from 1 to 100000
draw --steps | --steps | argument --steps: expected one argument
draw --steps 1000000000 | '1000000000' | argument --steps: a whole number from 1 to 100000
draw --hidden 1000000000 --net rnn | '1000000000' | argument --hidden: a whole number from 1 to 100000
draw --layers 100000 --net rnn | '100000' | argument --layers: a whole number from 1 to 1000
draw --layers 2 | 2 | the scalar net has one layer, not 2: take --net rnn, say
draw --hidden -3 | '-3' | argument --hidden: a whole number from 1 to 100000
draw --seed -1 | '-1' | argument --seed: a whole number from 0
draw --seed 1e3 | '1e3' | argument --seed: a whole number from 0
draw --truncate k:-1 | 'k:-1' | full, k:N with N from 0, or sub:N with N from 1
draw --truncate sub:0 | 'sub:0' | full, k:N with N from 0, or sub:N with N from 1
draw --truncate k:two | 'k:two' | full, k:N with N from 0, or sub:N with N from 1
draw --truncate half | 'half' | full, k:N with N from 0, or sub:N with N from 1
draw --truncate k:1.5 | 'k:1.5' | full, k:N with N from 0, or sub:N with N from 1
draw --truncate k: | 'k:' | full, k:N with N from 0, or sub:N with N from 1
draw --truncate '' | --truncate | full, k:N with N from 0, or sub:N with N from 1
draw --truncate K:2 | 'K:2' | full, k:N with N from 0, or sub:N with N from 1
draw --truncate k:2:3 | 'k:2:3' | full, k:N with N from 0, or sub:N with N from 1
draw --net cnn | 'cnn' | did you mean rnn?
draw --net LSTM | 'LSTM' | did you mean lstm?
draw --net nowhere:Net | 'nowhere:Net' | is its folder on PYTHONPATH?
draw --net json:Nothing | 'json:Nothing' | give a class that it has
draw --net json:JSONDecoder | 'json:JSONDecoder' | give a net's class
draw --net json: | 'json:' | 'json:' is not known (choose from scalar, rnn, orthogonal,
draw --net '' | --net | '' is not known (choose from scalar, rnn, orthogonal,
draw --phi sigmoid | 'sigmoid' | 'sigmoid' is not known (choose from tanh, relu, identity)
draw --net lstm --phi relu | lstm | the nonlinearity of lstm can't be chosen, only that of scalar,
draw --W-hh nan | 'nan' | argument --W-hh: a number
draw --W-hh inf | 'inf' | argument --W-hh: a number
draw --W-hh big | 'big' | argument --W-hh: a number
draw --W-hh 1e999 | '1e999' | argument --W-hh: a number
draw --W-xh nan | 'nan' | argument --W-xh: a number
draw --W-xh x | 'x' | argument --W-xh: a number
draw --net gru --W-xh 1e400 | '1e400' | argument --W-xh: a number
draw --loss 7 | 7 | --loss 7 is no step of this run: they are 0 to 3
draw --loss -1 | '-1' | argument --loss: each, last, or the number of a step from 0
draw --loss first | 'first' | argument --loss: each, last, or the number of a step from 0
draw --loss 1.5 | '1.5' | argument --loss: each, last, or the number of a step from 0
draw --loss nan | 'nan' | argument --loss: each, last, or the number of a step from 0
draw --inputs 1,x,2 | --inputs | argument --inputs: a number
draw --inputs '' | --inputs | argument --inputs: a number
draw --inputs 1,,2 | --inputs | argument --inputs: a number
draw --inputs nan,1 | --inputs | argument --inputs: a number
draw --inputs 1,2 --steps 7 | 7 | leave one out
draw --net rnn --inputs 1,9 | --inputs | --inputs of rnn are tokens, whole numbers from 0 to 4
draw --net rnn --inputs 0.5,1 | --inputs | --inputs of rnn are tokens, whole numbers from 0 to 4
draw --level deep | 'deep' | 'deep' is not known (choose from rolled, cell, step, op, strip)
draw --level Cell | 'Cell' | did you mean cell?
draw --level step --focus 99 | 99 | step is a whole number from 0 to 3
draw --level step --focus -1 | '-1' | argument --focus: a whole number from 0
draw --level step --focus x | 'x' | argument --focus: a whole number from 0
draw --focus 2 | 2 | step=2 is for level='step', which looks into one step
draw --focus 99 | 99 | step=99 is for level='step', which looks into one step
draw --show all | 'all' | 'all' is not known (choose from both, values, gradients, shapes)
draw --color red | 'red' | 'red' is not known (choose from gradient, value)
draw --colour red | 'red' | 'red' is not known (choose from gradient, value)
draw --weights W_zz | 'W_zz' | of this run is one of W_xh, W_hh, b_h, W_hy, b_y
draw --weights '' | '' | of this run is one of W_xh, W_hh, b_h, W_hy, b_y
draw --figure heatmap | 'heatmap' | 'heatmap' is not known (choose from net, beside, per-loss,
draw --figure sentence | sentence | give the folder of its training
draw --figure paths --aspect 16:9 | --aspect | --aspect is for --figure net, not for paths, which is as large
draw --figure paths --weights W_zz | 'W_zz' | a weight that leads into the state is one of W_xh, W_hh, b_h, W_hy, b_y
draw --figure per-loss --weights W_zz | 'W_zz' | of this run is one of W_xh, W_hh, b_h, W_hy, b_y
draw --figure schedule --weights W_zz | 'W_zz' | of this run is one of W_xh, W_hh, b_h, W_hy, b_y
draw --figure paths --level op | --level | leave it out, or take --figure net
draw --figure paths --growth | --growth | leave it out, or take --figure net
draw --figure beside --weights W_hh | --weights | leave it out, or take --figure net
draw --aspect 3:2 | '3:2' | '3:2' is not known (choose from 16:9, 4:3, portrait)
draw --aspect wide | 'wide' | 'wide' is not known (choose from 16:9, 4:3, portrait)
draw --theme sepia | 'sepia' | 'sepia' is not known (choose from light, dark, print)
draw --out fig.gif | 'fig.gif' | the name must end in .svg, .png, .pdf, .dot, .html
draw --out fig | 'fig' | the name must end in .svg, .png, .pdf, .dot, .html
draw --out .svg | '.svg' | the name must end in .svg, .png, .pdf, .dot, .html
draw --out '' | --out | argument --out: the path of a file or folder
draw --out no/fig.svg | 'no/fig.svg' | make it first
draw --out book.txt/fig.svg | 'book.txt/fig.svg' | give another place
draw --out folder.svg | 'folder.svg' | give the name of a file
draw --out fig.svg. | 'fig.svg.' | the name must end in .svg, .png, .pdf, .dot, .html
draw --title | --title | argument --title: expected one argument
draw --growth yes | 'yes' | give a file that was saved before
draw --on-arrows --level op | 'op' | leave it out
draw --level strip --factors | 'strip' | leave it out
draw --cell lstm | --cell | give it, or leave it out
draw --text hello | --text | give it, or leave it out
draw fig.svg | fig.svg | did you mean --out fig.svg?
draw nowhere | 'nowhere' | give a file that was saved before
draw book.txt | 'book.txt' | give a file that was saved before
draw run --text '' | --text | it takes two characters, one to read and one to tell
draw run --text a | 'a' | it takes two characters, one to read and one to tell
draw run --text 'ΩΩΩ' | 'Ω' | it knows
draw run --W-hh 0.5 | --W-hh | leave run out
draw run --net lstm | --net | leave run out
draw run --hidden 3 | --hidden | leave run out
draw run --phi relu | run | leave run out
draw run --loss last | --loss | leave run out
draw run --inputs 1,2 | --inputs | leave run out
draw run --layers 3 | --layers | leave run out
draw run --cell nowhere:Net | 'nowhere:Net' | leave it out
draw run --cell lstm | 'lstm' | leave it out
draw cut | cut | use another copy of it
draw foreign | 'recipe' | train it anew
draw textual | textual | use another copy of it
draw emptyfolder | emptyfolder | give a file that was saved before
draw cue --text hello | --text | 'cue' learned 'cue
draw cue --figure sentence | sentence | give the folder of its training
draw a b | 'b' | did you mean --text b?
player --truncate k:-1 | 'k:-1' | full, k:N with N from 0, or sub:N with N from 1
player --out back.svg | 'back.svg' | can't save as 'back.svg': the name must end in .html, .htm
player --out no/back.html | 'no/back.html' | make it first
player --out folder.html | 'folder.html' | give the name of a file
player --level step | 'step' | argument --level: 'step' is not known (choose from cell, op)
player --level rolled | 'rolled' | argument --level: 'rolled' is not known (choose from cell, op)
player --frames book.txt | 'book.txt' | give --frames a folder that you may write to
player --frames book.txt/frames | 'book.txt/frames' | give --frames a folder that you may write to
player --frames frames --out no/back.html | 'no/back.html' | make it first
player --frames '' | --frames | argument --frames: the path of a file or folder
player --steps 0 | '0' | argument --steps: a whole number from 1 to 100000
player --net cnn | 'cnn' | did you mean rnn?
player --loss 9 | 9 | --loss 9 is no step of this run: they are 0 to 3
player run | 'run' | did you mean --out run?
player --theme dark | '--theme' | '--theme' is not known
player --net json:JSONDecoder | 'json:JSONDecoder' | give a net's class
explore truncate | 'truncate' | did you mean truncation?
explore Cliff | 'Cliff' | did you mean cliff?
explore '' | '' | '' is not known (choose from expression, layers, shared,
explore cliff lstm | 'lstm' | did you mean --out lstm?
explore cliff --out cliff.svg | 'cliff.svg' | can't save as 'cliff.svg': the name must end in .html, .htm
explore cliff --out no/cliff.html | 'no/cliff.html' | make it first
explore cliff --out folder.html | 'folder.html' | give the name of a file
explore cliff --out book.txt/cliff.html | 'book.txt/cliff.html' | give another place
explore cliff --seed 1 | '--seed' | '--seed' is not known
gallery --out book.txt | 'book.txt' | give --out a folder that you may write to
gallery --out book.txt/gallery | 'book.txt/gallery' | give --out a folder that you may write to
gallery --seed -1 | '-1' | argument --seed: a whole number from 0
gallery --seed x | 'x' | argument --seed: a whole number from 0
gallery extra | 'extra' | did you mean --out extra?
gallery --theme dark | '--theme' | '--theme' is not known
slides --aspect 1:1 | '1:1' | '1:1' is not known (choose from 16:9, 4:3, portrait)
slides --theme Dark | 'Dark' | did you mean dark?
slides --out book.txt | 'book.txt' | give --out a folder that you may write to
slides --seed -1 | '-1' | argument --seed: a whole number from 0
slides --seed nan | 'nan' | argument --seed: a whole number from 0
demo --updates 0 | '0' | argument --updates: a whole number from 1
demo --updates 1e3 | '1e3' | argument --updates: a whole number from 1
demo --updates -5 | '-5' | argument --updates: a whole number from 1
demo --text gone.txt | 'gone.txt' | give a text file that you may read
demo --text . | '.' | give a text file that you may read
demo --text empty.txt | 'empty.txt' | give one with some text in it
demo --text latin.txt | 'latin.txt' | convert it first, say with iconv -t UTF-8
demo --text binary.bin | 'binary.bin' | convert it first, say with iconv -t UTF-8
demo --text pipe | 'pipe' | give a text file that you may read
demo --text '' | --text | argument --text: the path of a file or folder
demo --steps 0 | '0' | argument --steps: a whole number from 1
demo --batch 0 | '0' | argument --batch: a whole number from 1
demo --batch 1000000 | 1000000 | give more text, fewer streams or fewer steps
demo --hidden 0 | '0' | argument --hidden: a whole number from 1
demo --steps 1000000000 | 1000000000 | give more text, fewer streams or fewer steps
demo --seed x | 'x' | argument --seed: a whole number from 0
demo --out book.txt | 'book.txt' | give --out a folder that you may write to
demo --out book.txt/sub | 'book.txt/sub' | give --out a folder that you may write to
demo book.txt | 'book.txt' | did you mean --text book.txt?
demo --cell lstm | '--cell' | '--cell' is not known
train --task cu | 'cu' | did you mean cue?
train --task Text | 'Text' | did you mean text?
train --task text --text gone.txt | 'gone.txt' | give a text file that you may read
train gone.txt | 'gone.txt' | give a text file that you may read
train book.txt --text short.txt | 'short.txt' | leave one out
train --text latin.txt | 'latin.txt' | convert it first, say with iconv -t UTF-8
train --text binary.bin | 'binary.bin' | convert it first, say with iconv -t UTF-8
train --text empty.txt | 'empty.txt' | give one with some text in it
train --text folder.svg | 'folder.svg' | give a text file that you may read
train --text pipe | 'pipe' | give a text file that you may read
train --task cue --text book.txt | 'book.txt' | leave out text='book.txt
train --cell cnn | 'cnn' | did you mean rnn?
train --cell GRU | 'GRU' | did you mean gru?
train --cell nowhere:Net | 'nowhere:Net' | is its folder on PYTHONPATH?
train --cell json:Nothing | 'json:Nothing' | give a class that it has
train --cell json:JSONDecoder --text book.txt | 'json:JSONDecoder' | give a net's class
train --layers 0 | '0' | argument --layers: a whole number from 1
train --layers 1001 | 1001 | layers is a whole number from 1 to 1000
train --layers x | 'x' | argument --layers: a whole number from 1
train --hidden 0 | '0' | argument --hidden: a whole number from 1
train --hidden 100001 | 100001 | hidden is a whole number from 1 to 100000
train --hidden 100000 --text book.txt --layers 1000 | 1000 | choose smaller sizes
train --hidden 1.5 | '1.5' | argument --hidden: a whole number from 1
train --steps -1 | '-1' | argument --steps: a whole number from 0
train --steps 100001 | 100001 | steps is a whole number from 0 to 100000
train --steps 5000 --text book.txt | 5000 | give more text, fewer streams or fewer steps
train --task digits-row --steps 5 | 5 | leave out steps=5
train --task cue --steps 1 | 1 | length is a whole number from 2
train --task adding --steps 1 | 1 | length is a whole number from 2
train --task agreement --steps 1 | 1 | steps of a sentence is a whole number from 2
train --batch 0 | '0' | argument --batch: a whole number from 1
train --batch 100001 | 100001 | batch is a whole number from 1 to 100000
train --batch 5000 --text book.txt | 5000 | give more text, fewer streams or fewer steps
train --truncate k:-2 | 'k:-2' | full, k:N with N from 0, or sub:N with N from 1
train --truncate forever | 'forever' | full, k:N with N from 0, or sub:N with N from 1
train --update-every 0 | '0' | argument --update-every: a whole number from 1
train --clip -1 | -1 | clip is a number from 0
train --clip nan | 'nan' | argument --clip: a number
train --clip x | 'x' | argument --clip: a number
train --clip inf | 'inf' | argument --clip: a number
train --clip-kind l2 | 'l2' | 'l2' is not known (choose from norm, parameter, value, state)
train --optimizer adm | 'adm' | did you mean adam?
train --optimizer Adam | 'Adam' | did you mean adam?
train --lr 0 | 0 | lr is a number above 0
train --lr -0.1 | -0.1 | lr is a number from 0
train --lr nan | 'nan' | argument --lr: a number
train --lr inf | 'inf' | argument --lr: a number
train --lr fast | 'fast' | argument --lr: a number
train --schedule step | 'step' | 'step' is not known (choose from constant, cosine, linear)
train --warmup -1 | '-1' | argument --warmup: a whole number from 0
train --warmup 1.5 | '1.5' | argument --warmup: a whole number from 0
train --warmup 5000 --updates 10 --text book.txt | 10 | warmup is a whole number from 0 to 10
train --seed -1 | '-1' | argument --seed: a whole number from 0
train --validate-every 0 | '0' | argument --validate-every: a whole number from 1
train --validation-size -1 | '-1' | argument --validation-size: a whole number from 0
train --program maybe | 'maybe' | 'maybe' is not known (choose from auto, on, off)
train --program true | 'true' | 'true' is not known (choose from auto, on, off)
train --engine torch | 'torch' | argument --engine: 'torch' is not known (choose from numpy, jax)
train --engine numpy --devices 4 | 4 | 4 need engine='jax
train --devices -1 | '-1' | argument --devices: a whole number from 0
train --devices 100001 | 100001 | devices is a whole number from 0 to 100000
train --dtype float16 | 'float16' | did you mean float64?
train --dtype int | 'int' | 'int' is not known (choose from float32, float64)
train --threads -1 | '-1' | argument --threads: a whole number from 0
train --threads 1.5 | '1.5' | argument --threads: a whole number from 0
train --updates 0 | '0' | argument --updates: a whole number from 1
train --updates many | 'many' | argument --updates: a whole number from 1
train --updates -1 | '-1' | argument --updates: a whole number from 1
train --out book.txt --text book.txt | 'book.txt' | give --out a folder that you may write to
train --out book.txt/run --text book.txt | 'book.txt' | give --out a folder that you may write to
train --out run --text book.txt --updates 1 | 'run' | go on with it, or give another folder
train --out run/log.jsonl --text book.txt | 'run/log.jsonl' | give --out a folder that you may write to
train --resume --out nowhere | nowhere | give a file that was saved before, or begin without --resume
train --resume --out emptyfolder | emptyfolder | give a file that was saved before, or begin without --resume
train --resume --out cut | cut | use another copy of it
train --resume --out foreign | 'recipe' | train it anew
train --resume --out run --cell lstm | 'lstm' | leave it out
train --resume --out run --hidden 5 | 5 | leave it out
train --resume --out run --updates 1 | 1 | ask for more
train --resume --out run --lr -1 | -1 | lr is a number from 0
train --resume --out run --text short.txt | 'short.txt' | leave it out
train --coordinator localhost:1 | --coordinator | several processes need --coordinator HOST:PORT, --process I and
train --process 0 | --process | several processes need --coordinator HOST:PORT, --process I and
train --processes 2 | --processes | several processes need --coordinator HOST:PORT, --process I and
train --coordinator localhost:99999 --process 0 --processes 2 --engine jax | 'localhost:99999' | the port of a coordinator is from 1 to 65535
train --coordinator localhost:x --process 0 --processes 2 --engine jax | 0 | the coordinator is HOST:PORT, where process 0 listens
train --coordinator localhost:1234 --process 2 --processes 2 --engine jax | 2 | of 2 processes the first is 0, the last 1
train --coordinator localhost:1234 --process -1 --processes 2 --engine jax | '-1' | argument --process: a whole number from 0
train --processes 0 | '0' | argument --processes: a whole number from 1
train --momentum 0.9 | '--momentum' | '--momentum' is not known
train --no-resume | '--no-resume' | did you mean --resume?
train --rate 0.1 | '--rate' | did you mean --lr?
sample nowhere | 'nowhere' | give a file that was saved before
sample | sample | the following arguments are required: RUN
sample book.txt | 'book.txt' | give a file that was saved before
sample cut | cut | use another copy of it
sample foreign | 'recipe' | train it anew
sample textual | textual | use another copy of it
sample emptyfolder | emptyfolder | give a file that was saved before
sample cue | 'cue' | give one of a text
sample run --length -1 | '-1' | argument --length: a whole number from 0
sample run --length x | 'x' | argument --length: a whole number from 0
sample run --length 1e3 | '1e3' | argument --length: a whole number from 0
sample run --temperature -1 | -1 | temperature is a number from 0
sample run --temperature nan | 'nan' | argument --temperature: a number
sample run --temperature hot | 'hot' | argument --temperature: a number
sample run --prime 'ΩΩ' | 'Ω' | use characters that are
sample run --seed -1 | '-1' | argument --seed: a whole number from 0
sample run --cell nowhere:Net | 'nowhere:Net' | leave it out
sample run --cell gruu | 'gruu' | did you mean gru?
sample run --cell lstm | 'lstm' | leave it out
sample run --out x.txt | '--out' | '--out' is not known
sample run run | 'run' | 'run' is not known
plot | plot | the following arguments are required: RUN
plot nowhere | 'nowhere' | give a file that was saved before
plot book.txt | 'book.txt' | take it out
plot emptyfolder | emptyfolder | give a file that was saved before
plot run --out fig.png | 'fig.png' | can't save as 'fig.png': the name must end in .svg
plot run --out no/fig.svg | 'no/fig.svg' | make it first
plot run --out folder.svg | 'folder.svg' | give the name of a file
plot run --out book.txt/fig.svg | 'book.txt/fig.svg' | give another place
plot run nowhere | 'nowhere' | give a file that was saved before
plot badlog | badlog | take it out
plot run --title x | '--title' | '--title' is not known
export nowhere | 'nowhere' | give a file that was saved before
export | export | the following arguments are required: RUN
export run --to onnx | 'onnx' | 'onnx' is not known (choose from npz, safetensors)
export run --to NPZ | 'NPZ' | did you mean npz?
export run --out net.pt | 'net.pt' | give such a name, or another form than 'npz
export run --out net.safetensors | 'net.safetensors' | give such a name, or another form than 'npz
export run --to safetensors --out net.npz | 'net.npz' | give such a name, or another form than 'safetensors
export run --out no/net.npz | 'no/net.npz' | give another place
export run --out folder.npz | 'folder.npz' | give another place
export run --out book.txt/net.npz | 'book.txt/net.npz' | give another place
export cut | cut | use another copy of it
export foreign | 'recipe' | train it anew
export textual | textual | use another copy of it
export emptyfolder | emptyfolder | give a file that was saved before
export book.txt | 'book.txt' | give a file that was saved before
export run --cell nowhere:Net | 'nowhere:Net' | leave it out
export run --cell rn | 'rn' | did you mean rnn?
flow --cells cnn | 'cnn' | did you mean rnn?
flow --cells LSTM | 'LSTM' | did you mean lstm?
flow --cells nowhere:Net | 'nowhere:Net' | is its folder on PYTHONPATH?
flow --cells json:JSONDecoder | 'json:JSONDecoder' | give a net's class
flow --cells | --cells | argument --cells: expected at least one argument
flow --run nowhere | 'nowhere' | give a file that was saved before
flow --run cut | cut | use another copy of it
flow --run foreign | 'recipe' | train it anew
flow --run run --cells rnn | --cells | leave it out, or leave --run out
flow --run run --hidden 4 | --hidden | leave it out, or leave --run out
flow --steps 1 | '1' | argument --steps: a whole number from 2
flow --steps 0 | '0' | argument --steps: a whole number from 2
flow --steps x | 'x' | argument --steps: a whole number from 2
flow --hidden 0 | '0' | argument --hidden: a whole number from 1
flow --seed -1 | '-1' | argument --seed: a whole number from 0
flow --cell lstm | --cell | give its folder with --run, or --cells
flow rnn | 'rnn' | 'rnn' is not known
lab vanish | 'vanish' | did you mean vanishing?
lab Vanishing | 'Vanishing' | did you mean vanishing?
lab | lab | the following arguments are required: NAME
lab '' | '' | '' is not known (choose from bptt-is-backprop, shared-weight,
lab all vanishing | 'vanishing' | did you mean --out vanishing?
lab vanishing --out book.txt | 'book.txt' | give --out a folder that you may write to
lab vanishing --out book.txt/lab | 'book.txt/lab' | give --out a folder that you may write to
lab vanishing --seed -1 | '-1' | argument --seed: a whole number from 0
lab vanishing --seed 1.5 | '1.5' | argument --seed: a whole number from 0
lab vanishing --quick yes | 'yes' | did you mean --out yes?
lab vanishing --slow | '--slow' | '--slow' is not known
lab all --out book.txt | 'book.txt' | give --out a folder that you may write to
check-engine | check-engine | the following arguments are required: MODULE:CLASS
check-engine nowhere | 'nowhere' | write package.module:Class
check-engine nowhere:Engine | nowhere:Engine | is its folder on PYTHONPATH?
check-engine json:Nothing | json:Nothing | an engine is a class made without arguments,
check-engine json:JSONDecoder | json:JSONDecoder | give it these methods
check-engine json:dumps | json:dumps | an engine is a class made without arguments,
check-engine json: | 'json:' | write package.module:Class
check-engine :Engine | ':Engine' | write package.module:Class
check-engine '' | '' | write package.module:Class
check-engine a.b.c | 'a.b.c' | write package.module:Class
check-engine ./book.txt | './book.txt' | write package.module:Class
check-engine minigrad.testing.adapter:Minigrad --law nope | 'nope' | a law is one of values, constants, sum rule, product rule, chain
check-engine minigrad.testing.adapter:Minigrad --law '' | '' | a law is one of values, constants, sum rule, product rule, chain
check-engine minigrad.testing.adapter:Minigrad --seconds 0 | 0 | limits are positive
check-engine minigrad.testing.adapter:Minigrad --seconds -1 | -1 | limits are positive
check-engine minigrad.testing.adapter:Minigrad --seconds nan | 'nan' | argument --seconds: a number
check-engine minigrad.testing.adapter:Minigrad --seconds soon | 'soon' | argument --seconds: a number
check-engine minigrad.testing.adapter:Minigrad --memory 0 | 0 | limits are positive
check-engine minigrad.testing.adapter:Minigrad --memory -2 | -2 | limits are positive
check-engine minigrad.testing.adapter:Minigrad --memory lots | 'lots' | argument --memory: a number
check-engine minigrad.testing.adapter:Minigrad --memory inf | 'inf' | argument --memory: a number
check-engine minigrad.testing.adapter:Minigrad --memory nan | 'nan' | argument --memory: a number
check-engine minigrad.testing.adapter:Minigrad --junit report.txt | 'report.txt' | can't save as 'report.txt': the name must end in .xml
check-engine minigrad.testing.adapter:Minigrad --junit no/report.xml | 'no/report.xml' | make it first
check-engine minigrad.testing.adapter:Minigrad --json report.js | 'report.js' | can't save as 'report.js': the name must end in .json
check-engine minigrad.testing.adapter:Minigrad --json folder.json | 'folder.json' | give the name of a file
check-engine minigrad.testing.adapter:Minigrad --html report.xml | 'report.xml' | can't save as 'report.xml': the name must end in .html, .htm
check-engine minigrad.testing.adapter:Minigrad --html book.txt/report.html | 'book.txt/report.html' | give another place
lessons 99 | 99 | choose one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
lessons -1 | '-1' | argument N: a whole number from 0
lessons x | 'x' | argument N: a whole number from 0
lessons 1.5 | '1.5' | argument N: a whole number from 0
lessons '' | '' | argument N: a whole number from 0
lessons 1 2 | '2' | did you mean --out 2?
lessons --out book.txt | 'book.txt' | give --out a folder that you may write to
lessons --out book.txt/lessons | 'book.txt/lessons' | give --out a folder that you may write to
lessons 0 --out changed | 'changed' | 0-first-hour.ipynb in 'changed' has been changed since it was
exercises frob | 'frob' | 'frob' is not known (choose from list, start, check, hint,
exercises strat 0.1 | 'strat' | did you mean start?
exercises start | start | which one? minigrad exercises start 0.1, for instance
exercises start 99.9 | '99.9' | exercise '99.9' is not known (choose from 0.1, 0.2, 0.3, 1.1,
exercises start 0,1 | '0,1' | did you mean 0.1?
exercises start 0.1 --dir book.txt | 'book.txt' | give --dir a folder that you may write to
exercises start 0.1 --dir book.txt/x | book.txt/x | give --dir a folder that you may write to
exercises start 0.1 --dir started | started | go on with it, or move it away to begin anew
exercises check 0.1 --dir emptyfolder | emptyfolder | minigrad exercises start 0.1 writes it
exercises check 0.1 --dir nowhere | 'nowhere' | give --dir the one in which you began
exercises check --dir nowhere | 'nowhere' | give --dir the one in which you began
exercises list --dir nowhere | 'nowhere' | give --dir the one in which you began
exercises list 0.1 --out table.csv | --out | --out goes with report, not with list
exercises hint | hint | which one? minigrad exercises hint 0.1, for instance
exercises hint 9.9 | '9.9' | did you mean 9.3?
exercises hint x | 'x' | exercise 'x' is not known (choose from 0.1, 0.2, 0.3, 1.1, 1.2,
exercises solution | solution | which one? minigrad exercises solution 0.1, for instance
exercises report | report | whose? minigrad exercises report FOLDER..., a folder a student
exercises report nowhere | 'nowhere' | give those of students, a folder each
exercises report book.txt | 'book.txt' | give those of students, a folder each
exercises report emptyfolder --out no/table.csv | 'no/table.csv' | give --out another place
exercises report emptyfolder --out folder.svg | 'folder.svg' | give --out another place
exercises report emptyfolder --out book.txt/table.csv | 'book.txt/table.csv' | give --out another place
exercises start 0.1 --out x | --out | --out goes with report, not with start
train --epochs 5 | '--epochs' | '--epochs' is not known
train book.txt --learning-rate 0.01 | '--learning-rate' | '--learning-rate' is not known
train book.txt --hidden-size 64 | '--hidden-size' | did you mean --hidden?
train --cell RNN | 'RNN' | did you mean rnn?
train book.tx | 'book.tx' | give a text file that you may read
train book.txt --lr 1,5 | '1,5' | argument --lr: a number
train --lr=-3 | got -3.0\n | lr is a number from 0
train book.txt --optimizer rmsprop | 'rmsprop' | 'rmsprop' is not known (choose from sgd, adam, adamw)
train --device cuda | 'cuda' | argument --devices: a whole number from 0
train run | 'run' | give a text file that you may read
draw --net transformer | 'transformer' | 'transformer' is not known (choose from scalar, rnn,
draw --steps=ten | 'ten' | argument --steps: a whole number from 1 to 100000
draw --truncation 3 | '--truncation' | did you mean --truncate?
draw --truncate 3 | '3' | full, k:N with N from 0, or sub:N with N from 1
draw -o picture.svg | '-o' | '-o' is not known
draw --out picture.jpg | 'picture.jpg' | the name must end in .svg, .png, .pdf, .dot, .html
draw --out /nowhere/at/all/picture.svg | '/nowhere/at/all/picture.svg' | make it first
draw --color blue | 'blue' | did you mean value?
draw --weights W | 'W' | of this run is one of W_xh, W_hh, b_h, W_hy, b_y
draw --theme=black | 'black' | 'black' is not known (choose from light, dark, print)
player --speed 2 | '--speed' | did you mean --seed?
player --out movie.mp4 | 'movie.mp4' | can't save as 'movie.mp4': the name must end in .html, .htm
explore sigmoid | 'sigmoid' | 'sigmoid' is not known (choose from expression, layers, shared,
explore --name cliff | '--name' | '--name' is not known
sample run --length=-5 | '-5' | argument --length: a whole number from 0
sample run/last.npz --prime 'ÄÖÜ' | 'ÄÖÜ' | use characters that are
sample train | 'train' | give a file that was saved before
plot run/log.jsonl.gz | 'run/log.jsonl.gz' | give a file that was saved before
plot run --out curve | 'curve' | can't save as 'curve': the name must end in .svg
export run --format onnx | '--format' | '--format' is not known
export run --to torch | 'torch' | 'torch' is not known (choose from npz, safetensors)
flow --cell gru | --cell | give its folder with --run, or --cells
flow --cells transformer | 'transformer' | 'transformer' is not known (choose from rnn, orthogonal,
lab clip | 'clip' | did you mean clipping?
lab 3 | '3' | '3' is not known (choose from bptt-is-backprop, shared-weight,
lessons two | 'two' | argument N: a whole number from 0
lessons 12 | 12 | choose one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
exercises do 0.1 | 'do' | 'do' is not known (choose from list, start, check, hint,
exercises start one | 'one' | exercise 'one' is not known (choose from 0.1, 0.2, 0.3, 1.1,
check-engine torch | 'torch' | write package.module:Class
check-engine mygrad.Engine | 'mygrad.Engine' | write package.module:Class
gallery --quick | '--quick' | '--quick' is not known
slides --aspect=16x9 | '16x9' | did you mean 16:9?
demo --quick | '--quick' | '--quick' is not known
help | 'help' | 'help' is not known (choose from demo, draw, player, explore,
"""
