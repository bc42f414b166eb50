"""Where things move: optical flow, warping, occlusion, scene cuts, known camera motion."""
