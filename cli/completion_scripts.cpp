#include "cli/completion_scripts.h"

namespace mlmon {
namespace {

// Names are of others: they go through no compgen -W and no eval, which would run what stands in $(…).
constexpr std::string_view kBash = R"SH(# bash completion of mlmon: source <(mlmon completion bash)
_mlmon() {
  local typed=${COMP_LINE:0:COMP_POINT} program=${COMP_WORDS[0]/#\~\//$HOME/}
  local word=${typed##*[[:space:]]} kind='' one quoted
  local before=${word%"${word##*[=:]}"} path=${word#--*=}
  local -a found=() files=()
  { IFS= read -r kind; mapfile -t found; } < <("$program" completion --line "$typed" 2>/dev/null)
  COMPREPLY=()
  for one in "${found[@]}"; do
    [[ $one == *[=.] ]] && compopt -o nospace
    one=${one#"$before"}
    case $word in
      [\'\"]*) [[ $one == *[\'\"\$\`\\!]* ]] || COMPREPLY+=("$one") ;;
      *)
        quoted=$one
        [[ $kind == none ]] && printf -v quoted %q "$one"
        COMPREPLY+=("$quoted") ;;
    esac
  done
  case $kind in
    files) compopt -o filenames; mapfile -t files < <(compgen -f -- "$path") ;;
    folders) compopt -o filenames; mapfile -t files < <(compgen -d -- "$path") ;;
  esac
  COMPREPLY+=("${files[@]}")
}
complete -F _mlmon mlmon
)SH";

constexpr std::string_view kZsh = R"SH(#compdef mlmon
# zsh completion of mlmon: source <(mlmon completion zsh), or as _mlmon in a folder of $fpath
_mlmon() {
  local kind typed="${(j: :)words[1,CURRENT-1]} $PREFIX"
  local -a found spaced open
  found=("${(@f)$("${(Q)words[1]}" completion --line "$typed" 2>/dev/null)}")
  kind=$found[1]
  found=("${(@)found[2,-1]}")
  if compset -P 1 '--*='; then found=("${(@)found#--*=}"); fi
  open=("${(@M)found:#*[=.]}")
  spaced=("${(@)found:#*[=.]}")
  (( $#spaced )) && compadd -- "${(@)spaced}"
  (( $#open )) && compadd -S '' -- "${(@)open}"
  case $kind in
    files) _files ;;
    folders) _files -/ ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _mlmon "$@"; else compdef _mlmon mlmon; fi
)SH";

constexpr std::string_view kFish = R"SH(# fish completion of mlmon: mlmon completion fish | source
function __mlmon_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l found ($words[1] completion --line (commandline -cp | string collect) 2>/dev/null)
    set -l kind $found[1]
    set -e found[1]
    for one in $found
        printf '%s\n' $one
    end
    set -l before (string match -r -- '^--[^=]*=' $word)
    set -l path (string replace -r -- '^--[^=]*=' '' $word)
    switch "$kind"
        case files
            for one in (__fish_complete_path "$path")
                printf '%s%s\n' "$before" $one
            end
        case folders
            for one in (__fish_complete_directories "$path")
                printf '%s%s\n' "$before" $one
            end
    end
end
complete -c mlmon -f -a '(__mlmon_complete)'
)SH";

}  // namespace

std::string_view completion_script(std::string_view shell) {
  return shell == "bash" ? kBash : shell == "zsh" ? kZsh : shell == "fish" ? kFish : "";
}

}  // namespace mlmon
