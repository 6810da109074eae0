"""Who makes the labels of returns, one folder each: ``returning.LabelProvider``. Which there are: ``registry``."""
