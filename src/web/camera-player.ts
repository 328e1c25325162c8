/** `/camera-player.js`, the address by which any page embeds `<camera-player>`. */
import './player/camera-player.js';
